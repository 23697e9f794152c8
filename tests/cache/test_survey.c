/* A folder with two datasets, two forms and damage of each kind, counted. */
#include "ref/cache/survey.h"
#include "tests/support/cache.h"
#include "tests/support/files.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

static void fill(ts_ctx *ctx, const char *folder, uint64_t dataset, const ts_segment_head *form, int n)
{
    const ts_disk_options o = {.folder = folder, .dataset = dataset};
    ts_disk *d = ts_disk_open(ctx, &o);
    for (int i = 0; i < n; i++)
        assert_int_equal(ts_disk_put(ctx, d, form, (uint64_t)i, 1, "0123456789abcdef", 16, false),
                         TS_DISK_STORED);
    ts_disk_close(d);
}

static void counts(void **state)
{
    (void)state;
    ts_ctx ctx;
    ts_survey s;
    cache_sentences heard = {.count = 0};
    const ts_listener listener = {cache_hear, &heard};
    const ts_segment_head raw = {.label = "raw"}, rgb = {.form = 9, .label = "rgb/1"};
    ts_ctx_open_plain(&ctx);
    const char *folder = files_path("folder");
    fill(&ctx, folder, 1, &raw, 5);
    cache_flip(cache_file(folder, ".dat"), TS_SEGMENT_HEAD + TS_RECORD_HEAD + 3); /* entry 0 */
    cache_flip(cache_file(folder, ".dat"), TS_SEGMENT_HEAD + 4 * (TS_RECORD_HEAD + 16) + 9);
    fill(&ctx, folder, 2, &rgb, 3);
    fill(&ctx, folder, 2, &rgb, 0);
    char path[512];
    snprintf(path, sizeof path, "%s/seg-zz.dat", folder);
    files_write_text(path, "nothing of ours");
    for (int payloads = 0; payloads < 2; payloads++) {
        assert_int_equal(ts_survey_folder(&ctx, &s, folder, payloads, &listener), TS_OK);
        assert_true(s.count == 2 && s.segments == 3 && s.foreign == 1 && s.unsealed == 0);
        assert_int_equal(s.bytes, 2 * TS_SEGMENT_HEAD + 8 * (TS_RECORD_HEAD + 16) + 15);
        assert_true(s.forms[0].dataset == 1 && s.forms[0].entries == 4 && s.forms[0].cut == 1);
        assert_int_equal(s.forms[0].damaged, payloads);
        assert_true(s.forms[1].entries == 3 && s.forms[1].damaged == 0 && s.forms[1].form == 9);
        assert_string_equal(s.forms[1].label, "rgb/1");
        assert_int_equal(atomic_load(&heard.count), payloads ? 5 : 2);
        ts_survey_free(&s);
    }
    for (long n = 1; n <= 8; n++) {
        ts_plant_fault(n);
        ts_survey_folder(&ctx, &s, folder, true, NULL);
        if (ts_plant_fault(0) >= n)
            files_failed(&ctx, TS_ERROR_MEMORY, "memory");
        ts_survey_free(&s);
    }
    ts_survey_folder(&ctx, &s, files_path("nowhere"), true, NULL);
    files_failed(&ctx, TS_ERROR_IO, "nowhere: cannot list it");
    ts_ctx_close(&ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(counts)};
    return cmocka_run_group_tests(tests, files_setup, files_teardown);
}
