/* A main for the fuzzers: without libFuzzer they replay the files that they are given. */
#ifndef FUZZ_MAIN_H
#define FUZZ_MAIN_H
#ifdef FUZZ_MAIN
#include <stdio.h>
int main(int argc, char **argv)
{
    static uint8_t bytes[1 << 22];
    int i;
    for (i = 1; i < argc; i++) {
        FILE *f = fopen(argv[i], "rb");
        if (!f) return 1;
        LLVMFuzzerTestOneInput(bytes, fread(bytes, 1, sizeof bytes, f));
        fclose(f);
    }
    return 0;
}
#endif
#endif
