#!/bin/sh
# A server that runs already, attached to while it works: nginx on the loopback, under a bounded load.
. "$srcdir/tests/tap.sh"
need_whole_system
PATH=$PATH:/usr/sbin
need_command nginx
need_command ab

port=$((20000 + $$ % 20000))
mkdir -p www logs
awk 'BEGIN { for (i = 0; i < 2000; i++) print "a line of a page" }' >www/page.txt
cat >nginx.conf <<END
worker_processes 1;
daemon off;
pid $PWD/nginx.pid;
error_log $PWD/logs/error.log;
events { worker_connections 64; }
http {
	access_log $PWD/logs/access.log;
	client_body_temp_path $PWD; proxy_temp_path $PWD; fastcgi_temp_path $PWD; uwsgi_temp_path $PWD; scgi_temp_path $PWD;
	server { listen 127.0.0.1:$port; root $PWD/www; }
}
END
chmod -R a+rX .
[ "$(id -u)" != 0 ] || sed -i '1i user root;' nginx.conf
nginx -e "$PWD/logs/error.log" -c "$PWD/nginx.conf" 2>nginx.txt &
server=$!
for _ in 1 2 3 4 5 6 7 8 9 10; do
	sleep 0.2
	ab -q -n 1 "http://127.0.0.1:$port/page.txt" >/dev/null 2>&1 && break
done
workers=$(pgrep -P "$server" | tr '\n' ',' | sed 's/,$//')
timeout 20 ab -q -t 3 -n 1000000 -c 4 "http://127.0.0.1:$port/page.txt" >ab.txt 2>&1 &
load=$!
"$FPPROF" record -F 999 -p "$server,$workers" -d 2 -o server.pb.gz 2>err.txt
is "a running server can be recorded under load" 0 $?
"$FPPROF" record -F 999 -p "$server,$workers" -d 0.5 -o server.folded 2>>err.txt
wait $load
kill "$server"
wait "$server" 2>/dev/null
like "it is the server that is seen" "^nginx;" "$(cat server.folded)"
unlike "and nobody else" "^ab;" "$(cat server.folded)"
like "down to the system calls that it makes" "^nginx;.*do_syscall_64" "$(cat server.folded)"
complete=$(sed -n 's/.*stacks \([0-9]*\)\.[0-9]* % complete.*/\1/p' err.txt | head -1)
holds "with whole stacks, though it was built without frame pointers ($complete %)" test "${complete:-0}" -ge 90
like "and no sample is lost" ", 0 lost" "$(cat err.txt)"
done_testing
