#!/bin/sh
# What a server and the codec cost a Cortex-M4, linked, and what each option saves, in bytes of code and constants.
#   usage: tools/sizes.sh
cd "$(dirname "$0")/.." || exit 1
elf=build/sizes.elf
mkdir -p build

linked() {      # flag...: bytes of the program
    arm-none-eabi-gcc -mcpu=cortex-m4 -mthumb -Os -std=c99 -ffunction-sections -fdata-sections -nostartfiles \
        --specs=nano.specs --specs=nosys.specs -Wl,--gc-sections,-e,main "$@" tools/size.c -o $elf 2>/dev/null &&
        arm-none-eabi-size $elf | awk 'NR == 2 { print $1 }'
}

empty=$(linked) && whole=$(linked -DSERVER) && asks=$(linked -DASKS) && tools=$(linked -DTOOLS) &&
    codec=$(linked -DCODEC) || exit 1
echo "a server: $((whole - empty)), one that asks: $((asks - empty)), with tools alone: $((tools - empty));" \
    "the codec: $((codec - empty))"
for option in MCP_NO_TASKS MCP_NO_RESOURCES MCP_NO_BATCH MCP_NO_COMPLETION MCP_NO_PROMPTS MCP_NO_METHODS \
    MCP_NO_LOGGING MCP_NO_CHANGES; do
    echo "$option saves $((whole - $(linked -DSERVER -D$option)))"
done
