# A machine of its own for a rig: real systemd as PID 1 in its own namespaces, with journald, the system's bus, logind, and
# `systemd --user` with a bus for the user `keeper`. Sourced after caldav/lib.sh, which has the rest; never run by itself.
# Its root is an overlay: nothing is written to the real one. Never without: a booting systemd empties /tmp.
USER_NAME=keeper USER_ID=4242

# machine_start: boots it. /rig inside is $folder.
machine_start() {
    local unified=/sys/fs/cgroup/unified
    [ -d "$unified" ] || unified=/sys/fs/cgroup
    [ -e "$unified/cgroup.procs" ] || skip 'there is no cgroup v2'
    group=$unified/cadenced-rig-$$
    mkdir "$group" 2>/dev/null || skip 'no group of processes can be made (cgroup v2 is read-only)'
    mkdir -p "$folder/layers" "$folder/units"
    chmod 755 "$folder"
    cat >"$folder/units/rig.target" <<X
[Unit]
Description=rig
Requires=basic.target
Wants=dbus.socket dbus.service systemd-logind.service systemd-user-sessions.service
After=basic.target
AllowIsolate=yes
X
    boot_script >"$folder/boot.sh"
    bash -c "echo \$\$ >'$group/cgroup.procs' && exec unshare --fork --kill-child --pid --mount --uts --ipc --cgroup --net bash '$folder/boot.sh'" \
        >"$folder/boot.log" 2>&1 </dev/null &
    local outer=$! i
    pids+=("$outer")
    for ((i = 0; i < 50; i++)); do
        machine=$(pgrep -P "$outer") && break
        kill -0 "$outer" 2>/dev/null || break
        sleep 0.1
    done
    [ -n "${machine:-}" ] || { cat "$folder/boot.log"; skip 'no namespaces can be made here'; }
    for ((i = 0; i < 200; i++)); do
        [ -S "/proc/$machine/root/run/dbus/system_bus_socket" ] && inside systemctl is-active -q systemd-logind 2>/dev/null && break
        kill -0 "$machine" 2>/dev/null || { tail -20 "$folder/boot.log"; skip 'systemd does not boot here'; }
        sleep 0.1
    done
    inside systemctl start "user@$USER_ID.service"
}

# Ends it, with everything in it.
machine_stop() {
    [ -z "${machine:-}" ] || kill -9 "$machine" 2>/dev/null || true
    [ -n "${group:-}" ] || return 0
    local i
    for ((i = 0; i < 50; i++)); do
        find "$group" -depth -type d -exec rmdir {} \; 2>/dev/null || true
        [ -d "$group" ] || break
        sleep 0.1
    done
}

# Runs something in it: as root, and as its user with the user's bus.
inside() { nsenter -t "$machine" -m -u -i -p -C -n -r -w "$@"; }
user() {
    inside setpriv --reuid="$USER_ID" --regid="$USER_ID" --init-groups env -i -C "/home/$USER_NAME" PATH=/usr/local/bin:/usr/bin:/bin \
        HOME="/home/$USER_NAME" USER="$USER_NAME" LOGNAME="$USER_NAME" XDG_RUNTIME_DIR="/run/user/$USER_ID" LANG=C.UTF-8 \
        DBUS_SESSION_BUS_ADDRESS="unix:path=/run/user/$USER_ID/bus" "$@"
}

# What runs before systemd does. logind finds a /sys/power that takes every word, so that it goes through a whole suspend
# and nothing sleeps.
boot_script() {
    printf 'folder=%q user_name=%q user_id=%q\n' "$folder" "$USER_NAME" "$USER_ID"
    cat <<'X'
set -e
mount --make-rprivate /
mount -t tmpfs -o size=2g tmpfs "$folder/layers"
ip link set lo up
cd "$folder/layers"
mkdir up work root
mount -t overlay overlay -o lowerdir=/,upperdir=up,workdir=work root
root=$folder/layers/root
mount -t proc proc "$root/proc"
mount --rbind /sys "$root/sys"
umount -R -l "$root/sys/fs/cgroup" 2>/dev/null || true
mount -t cgroup2 cgroup2 "$root/sys/fs/cgroup"
mount -t tmpfs -o mode=755 tmpfs "$root/dev"
for name in null zero full random urandom tty; do
    mknod -m 666 "$root/dev/$name" c $(stat -c '0x%t 0x%T' "/dev/$name")
done
mkdir "$root/dev/pts" "$root/dev/shm"
mount -t devpts -o newinstance,ptmxmode=0666,mode=620,gid=5 devpts "$root/dev/pts"
ln -s pts/ptmx "$root/dev/ptmx"
ln -s /proc/self/fd "$root/dev/fd"
mount -t tmpfs -o mode=1777 tmpfs "$root/dev/shm"
mount -t tmpfs -o mode=755 tmpfs "$root/sys/power"
echo 'freeze mem' >"$root/sys/power/state"
echo 's2idle [deep]' >"$root/sys/power/mem_sleep"
mount -t tmpfs -o mode=755 tmpfs "$root/run"
mkdir -p "$root/run/lock" "$root/run/systemd/system"
mount -t tmpfs -o mode=1777 tmpfs "$root/tmp"
mkdir -p "$root/rig"
mount --bind "$folder" "$root/rig"
cp "$folder"/units/* "$root/run/systemd/system/"
chroot "$root" useradd -m -u "$user_id" -s /bin/bash "$user_name"
# What has to do with hardware, or with the services of the machine that the overlay shows.
for unit in systemd-udevd.service systemd-udev-trigger.service systemd-udevd-control.socket systemd-udevd-kernel.socket \
    systemd-modules-load.service systemd-sysctl.service systemd-timesyncd.service systemd-hwdb-update.service \
    systemd-remount-fs.service dev-hugepages.mount dev-mqueue.mount sys-kernel-debug.mount sys-kernel-tracing.mount \
    sys-kernel-config.mount sys-fs-fuse-connections.mount proc-sys-fs-binfmt_misc.automount e2scrub_reap.service \
    apparmor.service timers.target getty.target systemd-tmpfiles-clean.timer; do
    ln -s /dev/null "$root/run/systemd/system/$unit"
done
cd "$root"
mkdir -p old
pivot_root . old
umount -l /old
cd /
export container=rig PATH=/usr/sbin:/usr/bin:/sbin:/bin
exec /lib/systemd/systemd --system --unit=rig.target --log-target=console --log-level=info
X
}
