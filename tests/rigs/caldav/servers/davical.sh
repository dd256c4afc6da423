# Starts DAViCal with implicit scheduling, on PHP's own server and a PostgreSQL of its own.
as_root
debian_packages davical libawl-php php-cli php-pgsql php-xml php-curl postgresql
own_folder davical
chmod 755 "$folder"
port=$(free_port) database=$(free_port) postgres=$(ls -d /usr/lib/postgresql/*/bin | tail -1)
clean() { su postgres -c "$postgres/pg_ctl -D $folder/pg -s -m immediate stop" 2>/dev/null || true; }

mkdir -p "$folder"/{pg,sock,etc}
chown -R postgres "$folder/pg" "$folder/sock"
su postgres -c "$postgres/initdb -A trust -D $folder/pg -E UTF8 >/dev/null &&
    $postgres/pg_ctl -D $folder/pg -s -w -o '-p $database -k $folder/sock -c listen_addresses= -c fsync=off' -l $folder/sock/log start" </dev/null
export PGHOST=$folder/sock PGPORT=$database PGUSER=postgres
/usr/share/davical/dba/create-database.sh davical adminpw >"$folder/create.log" 2>&1 || { tail -20 "$folder/create.log"; exit 1; }
cat >"$folder/etc/config.php" <<X
<?php
\$c->pg_connect[] = "dbname=davical user=davical_app host=$folder/sock port=$database";
\$c->domain_name = "127.0.0.1"; \$c->admin_email = 'admin@example.com'; \$c->enable_auto_schedule = true;
X
PGUSER=davical_dba psql -q davical <<X
insert into usr(active,email_ok,username,password,fullname,email)
  values (true,now(),'manager','**pw','Mana Ger','manager@example.com'), (true,now(),'report','**pw','Rep Ort','report@example.com');
insert into principal(type_id,user_no,displayname,default_privileges)
  select 1, user_no, fullname, privilege_to_bits(array['read','schedule-deliver','schedule-send','read-free-busy'])
  from usr where username in ('manager','report');
X
cat >"$folder/router.php" <<'X'
<?php
$path = parse_url($_SERVER['REQUEST_URI'], PHP_URL_PATH);
if (strpos($path, '/caldav.php') !== 0) { return false; }
$_SERVER['PATH_INFO'] = urldecode(substr($path, 11));
$_SERVER['SCRIPT_NAME'] = $_SERVER['PHP_SELF'] = '/caldav.php';
chdir('/usr/share/davical/htdocs');
require '/usr/share/davical/htdocs/caldav.php';
return true;
X
php -d include_path=.:/usr/share/awl/inc:/usr/share/davical/inc:"$folder/etc" -d error_reporting=0 -S "127.0.0.1:$port" \
    -t /usr/share/davical/htdocs "$folder/router.php" >"$folder/php.log" 2>&1 &
pids+=($!)
wait_for "http://127.0.0.1:$port/caldav.php/"
for user in manager report; do
    curl -sf -o /dev/null -u $user:pw -X MKCALENDAR "http://127.0.0.1:$port/caldav.php/$user/calendar/"
done

address=http://127.0.0.1:$port/ schedules=yes version=$(dpkg-query -W -f '${Version}' davical)
