# Starts Cyrus IMAP with two users and implicit scheduling (RFC 6638).
as_root
debian_packages cyrus-caldav cyrus-imapd cyrus-admin sasl2-bin libsasl2-modules
own_folder cyrus
http=$(free_port) imap=$(free_port) bin=/usr/lib/cyrus/bin
chmod 755 "$folder"
mkdir -p "$folder"/{conf,conf/db,conf/socket,conf/proc,conf/user,conf/log,conf/msg,conf/quota,spool,sock,run}

cat >"$folder/imapd.conf" <<X
configdirectory: $folder/conf
partition-default: $folder/spool
defaultpartition: default
proc_path: $folder/run/proc
mboxname_lockpath: $folder/run/lock
lmtpsocket: $folder/sock/lmtp
idlesocket: $folder/sock/idle
notifysocket: $folder/sock/notify
servername: localhost
admins: admin
virtdomains: off
unixhierarchysep: yes
altnamespace: yes
allowplaintext: yes
sasl_pwcheck_method: auxprop
sasl_auxprop_plugin: sasldb
sasl_sasldb_path: $folder/sasldb2
sasl_mech_list: PLAIN LOGIN
httpmodules: caldav freebusy
httpallowcompress: yes
caldav_allowscheduling: on
caldav_create_default: yes
caldav_create_sched: yes
calendar_user_address_set: example.com
autocreate_quota: 0
autocreate_post: yes
syslog_prefix: cadenced-rig
X
cat >"$folder/cyrus.conf" <<X
START {
  recover cmd="$bin/ctl_cyrusdb -C $folder/imapd.conf -r"
}
SERVICES {
  imap cmd="$bin/imapd -C $folder/imapd.conf -U 30" listen="127.0.0.1:$imap" prefork=0 maxchild=10
  http cmd="$bin/httpd -C $folder/imapd.conf" listen="127.0.0.1:$http" prefork=1 maxchild=20
}
EVENTS { }
X
for user in admin manager report; do printf pw | saslpasswd2 -p -c -f "$folder/sasldb2" -u localhost $user; done
chown -R cyrus:mail "$folder"
"$bin/master" -C "$folder/imapd.conf" -M "$folder/cyrus.conf" -p "$folder/master.pid" >"$folder/log" 2>&1 &
pids+=($!)
wait_for "http://127.0.0.1:$http/"

# Without an INBOX, which the first IMAP login makes, every request is refused; and until a user's own first request there is no
# inbox for invitations either.
python3 - "$imap" <<'X'
import imaplib, sys
for user in ("manager", "report"):
    mail = imaplib.IMAP4("127.0.0.1", int(sys.argv[1]))
    mail.login(user, "pw")
    mail.select("INBOX")
    mail.logout()
X
for user in manager report; do
    curl -sf -o /dev/null -u $user:pw -X PROPFIND -H 'Depth: 1' "http://127.0.0.1:$http/dav/calendars/user/$user/"
done

address=http://127.0.0.1:$http/ schedules=yes version=$(dpkg-query -W -f '${Version}' cyrus-caldav)
