# Adds up the instructions of a callgrind file whose names and positions are not compressed. Prints how many there
# are in all, and how many of these memcpy and memmove take.

/^fn=/ { copies = $0 ~ /mem(cpy|move)/ }
/^calls=/ { getline; next }                     # the next line is what the called function took: not ours
/^[0-9+*-]+ [0-9]+$/ { all += $2; if (copies) copied += $2 }
END { printf "%.0f %.0f\n", all, copied }
