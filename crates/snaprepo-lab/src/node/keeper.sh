# Ends a node when the one that started it is gone. Reads standard input, whose other end only the starter holds: the
# end of file means that it has let go, or is dead. $1: process group of the node. $2: its folder. $3: seconds of grace.
trap '' HUP INT TERM
while read -r line; do :; done
kill -s TERM -- "-$1" 2>/dev/null
tenths=0
while kill -s 0 -- "-$1" 2>/dev/null; do
  if [ "$tenths" -ge "${3}0" ]; then
    kill -s KILL -- "-$1" 2>/dev/null
    break
  fi
  tenths=$((tenths + 1))
  sleep 0.1
done
if [ -e "$2/keep" ]; then
  rm -rf -- "$2/data" "$2/logs" "$2/temporary" "$2/repositories" "$2/remote-store"
else
  rm -rf -- "$2"
fi
