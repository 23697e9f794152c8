/* The four actions as a user runs them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/support/cache.h"
#include "tests/support/command.h"

#include <stdio.h>
#include <string.h>

static char store[256], disk[256];

static void warms(void **state)
{
    (void)state;
    snprintf(store, sizeof store, "%s/store", command_folder());
    snprintf(disk, sizeof disk, "%s/disk", command_folder());
    cache_make(store, 12, 100);
    assert_int_equal(command("cache warm %s --disk %s --latency 1 --threads 2", store, disk), 0);
    command_must_say("samples    12\nthere      0\nfetched    12\n");
    assert_int_equal(command("cache warm %s --disk %s --format json", store, disk), 0);
    command_must_say("\"there\": 12");
    command_must_say("\"fetched\": 0");
    assert_int_equal(command("cache warm %s --disk %s --ranks 3 --rank 1", store, disk), 0);
    command_must_not_say("samples    12");
    command_must_say("fetched    0\n");
    assert_int_equal(command("cache warm %s --disk %s --suffix 3 --suffix 4", store, disk), 0);
    command_must_say("samples    2\n");
    assert_int_equal(command("cache warm %s --disk %s-z --zlib 6 --budget 1 --segment 1 --retries 1 "
                             "--timeout 9 --bandwidth 100 --pass-over", store, disk), 0);
    command_must_say("fetched    12\n");
}

static void counts_and_checks(void **state)
{
    (void)state;
    assert_int_equal(command("cache stat --disk %s --format json", disk), 0);
    command_must_say("\"entries\": 12");
    command_must_say("\"form\": \"raw\"");
    assert_int_equal(command("cache verify --disk %s", disk), 0);
    cache_flip(cache_file(disk, ".dat"), TS_SEGMENT_HEAD + TS_RECORD_HEAD + 1);
    assert_int_equal(command("cache verify --disk %s", disk), 1);
    command_must_say("damaged: the entry at byte 64");
    command_must_say("1 damaged: what is needed is fetched again");
    assert_int_equal(command("cache warm %s --disk %s", store, disk), 0);
    command_must_say("the entry at byte 64 is damaged: it is fetched again");
    command_must_say("there      11\nfetched    1\n");
}

static void clears(void **state)
{
    (void)state;
    assert_int_equal(command("cache clear --disk %s --form rgb", disk), 2);
    command_must_say("has nothing of the form \"rgb\"");
    assert_int_equal(command("cache clear --disk %s --form raw", disk), 0);
    command_must_say("removed    2\n");
    assert_int_equal(command("cache clear --disk %s", disk), 0);
    command_must_say("removed    0\n");
    assert_int_equal(command("cache stat --disk %s", disk), 0);
    command_must_say("segments   0\n");
}

static void refuses(void **state)
{
    (void)state;
    assert_int_equal(command("cache"), 2);
    command_must_say("warm STORE, stat, verify or clear");
    assert_int_equal(command("cache stat"), 2);
    command_must_say("which folder? --disk DIR");
    assert_int_equal(command("cache start --disk x"), 2);
    command_must_say("did you mean stat?");
    assert_int_equal(command("cache stat --disk x --format xml"), 2);
    command_must_say("\"xml\" is not text or json");
    assert_int_equal(command("cache stat --disk %s/nowhere", command_folder()), 1);
    command_must_say("nowhere: cannot list it");
    assert_int_equal(command("cache warm %s --disk %s --ranks 2 --rank 2", store, disk), 2);
    assert_int_equal(command("cache warm %s --disk %s/s00001", store, store), 1);
    command_must_say("nothing more is cached on the disk");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(warms), cmocka_unit_test(counts_and_checks),
                                       cmocka_unit_test(clears), cmocka_unit_test(refuses)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
