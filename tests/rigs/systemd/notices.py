"""A notification server that shows nothing: each notice becomes a line of JSON in the file it is given, and whoever calls
Press on it presses a button."""

import json
import sys

import dbus
import dbus.mainloop.glib
import dbus.service
from gi.repository import GLib

NAME = "org.freedesktop.Notifications"


class Server(dbus.service.Object):
    def __init__(self, bus, path):
        super().__init__(dbus.service.BusName(NAME, bus), "/org/freedesktop/Notifications")
        self.path, self.last = path, 0

    @dbus.service.method(NAME, in_signature="susssasa{sv}i", out_signature="u")
    def Notify(self, app, replaces, icon, summary, body, actions, hints, timeout):
        if not replaces:
            self.last += 1
        number = int(replaces) or self.last
        words = {"id": number, "replaces": int(replaces), "summary": str(summary), "body": str(body)}
        words["buttons"] = [str(action) for action in actions]
        with open(self.path, "a") as file:
            file.write(json.dumps(words) + "\n")
        return dbus.UInt32(number)

    @dbus.service.method(NAME, in_signature="u")
    def CloseNotification(self, number):
        self.NotificationClosed(number, 3)

    @dbus.service.method(NAME, out_signature="as")
    def GetCapabilities(self):
        return ["actions", "body", "persistence"]

    @dbus.service.method(NAME, out_signature="ssss")
    def GetServerInformation(self):
        return "rig", "cadenced", "1", "1.2"

    @dbus.service.method("org.cadenced.Rig", in_signature="us")
    def Press(self, number, key):
        self.ActionInvoked(number, key)

    @dbus.service.signal(NAME, signature="uu")
    def NotificationClosed(self, number, reason):
        pass

    @dbus.service.signal(NAME, signature="us")
    def ActionInvoked(self, number, key):
        pass


dbus.mainloop.glib.DBusGMainLoop(set_as_default=True)
server = Server(dbus.SessionBus(), sys.argv[1])
GLib.MainLoop().run()
