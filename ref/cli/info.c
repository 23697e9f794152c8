/* info.c: what this build is, on what it runs, and what a checkpoint holds. */
#include "ref/base/par.h"
#include "ref/cli/command.h"
#include "ref/ops/table.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#if !defined(TS_VERSION)
#define TS_VERSION "unknown"
#endif

/* The processor's name as the system tells it, where it does. */
static void print_processor(void)
{
    FILE *f = fopen("/proc/cpuinfo", "r");
    char line[256];
    while (f && fgets(line, sizeof line, f))
        if (strncmp(line, "model name", 10) == 0 && strchr(line, ':')) {
            printf("processor    %s", strchr(line, ':') + 2);
            break;
        }
    if (f)
        fclose(f);
    printf("processors   %ld in use by this system\n", sysconf(_SC_NPROCESSORS_ONLN));
}

static int run(const ts_options *o)
{
    (void)o;
    printf("touchstone   %s\ntables       ", TS_VERSION);
    for (int i = 0; ts_table_name(i); i++)
        printf("%s%s", i ? " " : "", ts_table_name(i));
    putchar('\n');
    ts_par_threads(0);
    printf("threads      %d unless --threads says otherwise\n", ts_par_count());
    print_processor();
    return TS_EXIT_FINE;
}

static const ts_option options[] = {{0}};

const ts_command ts_command_info = {
    "info", "[CHECKPOINT]...", "what this build can do, and what a checkpoint holds", NULL, options,
    run};
