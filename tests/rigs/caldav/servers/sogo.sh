# Starts SOGo with implicit scheduling, on a PostgreSQL and a memcached of its own.
as_root
debian_packages sogo memcached postgresql
own_folder sogo
chmod 755 "$folder"
port=$(free_port) database=$(free_port) cache=$(free_port) postgres=$(ls -d /usr/lib/postgresql/*/bin | tail -1)
clean() { su postgres -c "$postgres/pg_ctl -D $folder/pg -s -m immediate stop" 2>/dev/null || true; }

mkdir -p "$folder"/{pg,sock,log,home,mails}
mail=$(free_port)
python3 tests/rigs/caldav/mails.py "$mail" "$folder/mails" >"$folder/mails.log" 2>&1 &
pids+=($!)
export CADENCED_CALDAV_MAILS=$folder/mails
chown postgres "$folder/pg" "$folder/sock"
su postgres -c "$postgres/initdb -A trust -D $folder/pg -E UTF8 >/dev/null &&
    $postgres/pg_ctl -D $folder/pg -s -w -o '-p $database -k $folder/sock -c listen_addresses=127.0.0.1 -c fsync=off' -l $folder/sock/log start" </dev/null
psql -q -h "$folder/sock" -p "$database" -U postgres <<X
create user sogo;
create database sogo owner sogo;
\c sogo sogo
create table sogo_users (c_uid varchar(64) primary key, c_name varchar(64), c_password varchar(128), c_cn varchar(128), mail varchar(128));
insert into sogo_users values ('manager','manager','pw','Mana Ger','manager@example.com'), ('report','report','pw','Rep Ort','report@example.com');
X
url=postgresql://sogo@127.0.0.1:$database/sogo
cat >"$folder/sogo.conf" <<X
{
  SOGoProfileURL = "$url/sogo_user_profile"; OCSFolderInfoURL = "$url/sogo_folder_info";
  OCSSessionsFolderURL = "$url/sogo_sessions_folder"; OCSEMailAlarmsFolderURL = "$url/sogo_alarms_folder";
  SOGoUserSources = ({ type = sql; id = directory; viewURL = "$url/sogo_users"; canAuthenticate = YES; isAddressBook = YES;
    userPasswordAlgorithm = plain; });
  SOGoMemcachedHost = "127.0.0.1:$cache"; SOGoTimeZone = UTC; SOGoMailDomain = "example.com";
  SOGoAppointmentSendEMailNotifications = YES; SOGoMailingMechanism = smtp; SOGoSMTPServer = "smtp://127.0.0.1:$mail";
  SOGoCalendarDefaultRoles = (PublicDAndTViewer);
  WOWorkersCount = 2; WOPort = "127.0.0.1:$port"; WOLogFile = "$folder/log/sogo.log"; WOPidFile = "$folder/log/sogo.pid";
  SxVMemLimit = 512;
}
X
chown -R sogo "$folder/log" "$folder/home"
memcached -u nobody -l 127.0.0.1 -p "$cache" -m 32 >"$folder/memcached.log" 2>&1 &
pids+=($!)
# It reads no config but the one in /etc, which only it gets to see.
unshare -m bash -c "mount --bind '$folder/sogo.conf' /etc/sogo/sogo.conf; cd '$folder/home'
    HOME='$folder/home' exec setpriv --reuid=sogo --regid=sogo --init-groups /usr/sbin/sogod -WONoDetach YES" >"$folder/log/out" 2>&1 &
pids+=($!)
wait_for "http://127.0.0.1:$port/SOGo/dav/"
for user in manager report; do
    curl -sf -o /dev/null -u $user:pw -X PROPFIND "http://127.0.0.1:$port/SOGo/dav/$user/Calendar/"
done

address=http://127.0.0.1:$port/ schedules=yes version=$(dpkg-query -W -f '${Version}' sogo)
