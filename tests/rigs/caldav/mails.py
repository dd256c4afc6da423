#!/usr/bin/env python3
"""A mail server on 127.0.0.1 that keeps each mail as a file: mails.py PORT FOLDER"""
import os
import socketserver
import sys
import tempfile

port, folder = int(sys.argv[1]), sys.argv[2]


class Session(socketserver.StreamRequestHandler):
    def say(self, line):
        self.wfile.write(line.encode() + b"\r\n")

    def handle(self):
        self.say("220 rig")
        for line in self.rfile:
            verb = line[:4].upper()
            if verb == b"DATA":
                self.say("354 go on")
                mail = b""
                for part in self.rfile:
                    if part == b".\r\n":
                        break
                    mail += part
                handle, path = tempfile.mkstemp(prefix=".", dir=folder)
                os.write(handle, mail)
                os.close(handle)
                os.rename(path, os.path.join(folder, "mail" + os.path.basename(path)))
                self.say("250 kept")
            elif verb == b"QUIT":
                self.say("221 bye")
                return
            else:
                self.say("250 yes")


socketserver.ThreadingTCPServer.allow_reuse_address = True
socketserver.ThreadingTCPServer(("127.0.0.1", port), Session).serve_forever()
