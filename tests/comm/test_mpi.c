#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/support/command.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* As root, and more processes than processors: Open MPI wants to be told. */
#define MPIRUN                                                                                     \
    "OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 OMP_NUM_THREADS=1 "                 \
    "timeout 120 mpirun --oversubscribe "

static const char *program(void)
{
    const char *named = getenv("TOUCHSTONE_MPI");
    return named ? named : "build/cc/touchstone-mpi";
}

/* Nothing to test where MPI is not installed (a build with sanitizers leaves it out). */
static void needs_mpi(void)
{
    if (access(program(), X_OK) != 0 || system("command -v mpirun >/dev/null 2>&1") != 0)
        skip();
}

static char said[1 << 16];

/* `mpirun -n N touchstone-mpi WORDS`: the exit code; standard output is in `said`, the error output
 * in the file "error" of the test's folder. */
static int run(int processes, const char *words)
{
    char line[1024];
    snprintf(line, sizeof line, MPIRUN "-n %d %s %s 2>%s/error", processes, program(), words,
             command_folder());
    FILE *f = popen(line, "r");
    assert_non_null(f);
    said[fread(said, 1, sizeof said - 1, f)] = '\0';
    const int status = pclose(f);
    return status >> 8 & 255;
}

/* How many lines of the error output are the program's own, and whether one is this. */
static int lines(const char *wanted)
{
    char path[256], line[1024];
    static char all[1 << 14];
    size_t used = 0;
    int own = 0, found = 0;
    snprintf(path, sizeof path, "%s/error", command_folder());
    FILE *f = fopen(path, "r");
    assert_non_null(f);
    while (fgets(line, sizeof line, f)) {
        used += (size_t)snprintf(all + used, sizeof all - used, "%.200s", line);
        used = used < sizeof all ? used : sizeof all - 1;
        own += strncmp(line, "touchstone: ", 12) == 0;
        found += strcmp(line, wanted) == 0;
    }
    fclose(f);
    if (!found)
        fail_msg("not said: %sbut:\n%s", wanted, all);
    return own;
}

/* Every collective: the same words, numbers and bits from threads and from processes. */
static void equal(int ranks, const char *words)
{
    assert_int_equal(run(ranks, words), 0);
    assert_int_equal(command("%s --ranks %d", words, ranks), 0);
    assert_string_equal(said, command_said);
    command_must_say("ring_all_reduce");
}

static void same_bits(void **state)
{
    (void)state;
    needs_mpi();
    equal(2, "comm --bytes 1000");
    equal(4, "comm --nodes 2 --bytes 300k --json");
    equal(4, "comm --nodes 3 --bytes 1001 --type f64 --tsv");
    equal(3, "comm --bytes 2M --max");
    equal(4, "comm --nodes 4 --bytes 12 --type i64");
}

/* What stands above the communicator is the same, too: three steps of a training, every weight. */
static void trains(void **state)
{
    (void)state;
    needs_mpi();
    const char *words = "train resnet --ranks 4 --nodes 2 --steps 3 --batch 16 --compute-ms 5 --json";
    char line[512];
    snprintf(line, sizeof line, "%s --checkpoint %s/processes", words, command_folder());
    assert_int_equal(run(4, line), 0);
    assert_int_equal(command("%s --checkpoint %s/threads", words, command_folder()), 0);
    assert_string_equal(said, command_said);
    snprintf(line, sizeof line, "diff -r %s/processes %s/threads", command_folder(),
             command_folder());
    assert_int_equal(system(line), 0);
}

static void library(void **state)
{
    (void)state;
    needs_mpi();
    assert_int_equal(run(4, "comm --collective library_all_reduce --bytes 1M --tsv"), 0);
    assert_non_null(strstr(said, "\nlibrary_all_reduce\t0\t0\t0\t0\t"));
    assert_int_equal(run(2, "comm --collective library_all_reduce --type u64 --max"), 0);
}

static void one_line(void **state)
{
    (void)state;
    needs_mpi();
    assert_int_equal(run(4, "comm --fail 2 --bytes 1k"), 1);
    assert_int_equal(lines("touchstone: rank 2 of 4: fails, as it was told to\n"), 1);
    assert_int_equal(run(2, "comm --fail 0 --bytes 1k"), 1);
    assert_int_equal(lines("touchstone: rank 0 of 2: fails, as it was told to\n"), 1);
    assert_string_equal(said, "");
    assert_int_equal(run(2, "comm --bytes some"), 2);
    assert_int_equal(
        lines("touchstone: --bytes \"some\": expected bytes up to 16G, as 4096, 64k or 1M\n"), 1);
    assert_int_equal(run(2, "comm --ranks 3"), 2);
    assert_int_equal(lines("touchstone: 3 ranks, but mpirun started 2 processes\n"), 1);
}

static void names_the_missing(void **state)
{
    (void)state;
    needs_mpi();
    const time_t begin = time(NULL);
    assert_int_equal(run(4, "comm --stall 2 --time-limit 1 --bytes 1k"), 1);
    assert_int_equal(
        lines("touchstone: rank 0 of 4: rank 2 did not come to send within 1 s\n"), 1);
    assert_true(time(NULL) - begin < 30);
}

/* Outside of mpirun it is the command as always. */
static void alone(void **state)
{
    (void)state;
    needs_mpi();
    char line[256];
    snprintf(line, sizeof line, "%s comm --ranks 2 --bytes 1k >%s/alone", program(),
             command_folder());
    assert_int_equal(system(line), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(same_bits), cmocka_unit_test(trains), cmocka_unit_test(library),
        cmocka_unit_test(one_line),  cmocka_unit_test(names_the_missing),
        cmocka_unit_test(alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
