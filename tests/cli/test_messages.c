#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "ref/io/safetensors.h"
#include "tests/support/command.h"

#include <stdio.h>
#include <string.h>

#define CASE "data/goldens/des/fm_hash.safetensors"

static char outputs[200], traces[200], shown[200];

/* Everything that a run on 3 ranks gives, but for the message `without`, with `extra` a rank too many,
 * and with the message `cut` a number shorter. */
static void show(int without, int extra, int cut)
{
    ts_ctx ctx;
    ts_items items = {0};
    ts_ctx_open_plain(&ctx);
    ts_safetensors *files[2] = {ts_safetensors_open(&ctx, outputs), ts_safetensors_open(&ctx, traces)};
    for (int f = 0; f < 2; f++)
        for (int64_t i = 0; files[f] && i < ts_safetensors_count(files[f]); i++) {
            const char *name = ts_safetensors_name(files[f], i);
            ts_tensor t = ts_safetensors_tensor(files[f], i);
            char full[64];
            int rank = -1;
            sscanf(name, "message.%d", &rank);
            if (rank >= 0 && rank == without)
                continue;
            if (rank >= 0 && rank == cut) {
                t.rank = 1;
                t.size[0] = ts_numel(t) - 1;
                t.stride[0] = 1;
            }
            snprintf(full, sizeof full, "%s%s", f ? "trace." : "", name);
            ts_items_add(&ctx, &items, full, t);
            if (rank == 0 && extra >= 0) {
                snprintf(full, sizeof full, "trace.message.%d", extra);
                ts_items_add(&ctx, &items, full, t);
            }
        }
    ts_safetensors_write(&ctx, shown, &items, NULL);
    assert_int_equal(ctx.status, TS_OK);
    ts_items_free(&items);
    ts_safetensors_close(files[0]);
    ts_safetensors_close(files[1]);
    ts_ctx_close(&ctx);
}

static int judged(int ranks)
{
    return command("check " CASE " --set ranks=%d --output %s", ranks, shown);
}

static void somebodys_messages(void **state)
{
    (void)state;
    snprintf(outputs, sizeof outputs, "%s/out.safetensors", command_folder());
    snprintf(traces, sizeof traces, "%s/trace.safetensors", command_folder());
    snprintf(shown, sizeof shown, "%s/shown.safetensors", command_folder());
    assert_int_equal(command("run des.fm --inputs " CASE " --grads --set ranks=3 --out %s --trace %s",
                             outputs, traces), 0);
    show(-1, -1, -1);
    if (judged(3) != 0)
        fail_msg("%s", command_said);
    show(1, -1, -1);
    assert_int_equal(judged(3), 1);
    command_must_say("message.1 is missing: rank 1 of 3 is never used");
    show(-1, 3, -1);
    assert_int_equal(judged(3), 1);
    command_must_say("message.3, but there are 3 ranks");
    show(-1, -1, 2);
    assert_int_equal(judged(3), 1);
    command_must_say("where (6, 5) F");
    show(-1, -1, -1); /* right for another world */
    assert_int_equal(judged(4), 1);
    command_must_say("rank 3 of 4 is never used");
}

/* Without messages nothing is asked for; of other modules neither. */
static void nothing_shown(void **state)
{
    (void)state;
    ts_ctx ctx;
    ts_items items = {0};
    ts_ctx_open_plain(&ctx);
    ts_safetensors *file = ts_safetensors_open(&ctx, outputs);
    ts_items_add(&ctx, &items, "output", ts_safetensors_get(file, "output"));
    ts_safetensors_write(&ctx, shown, &items, NULL);
    assert_int_equal(ctx.status, TS_OK);
    ts_items_free(&items);
    ts_safetensors_close(file);
    ts_ctx_close(&ctx);
    assert_int_equal(judged(3), 0);
}

static void counted(void **state)
{
    (void)state;
    assert_int_equal(command("check " CASE " --set ranks=3 --format json"), 0);
    command_must_say("\"bytes_forward\": 480"); /* 2 (3 - 1) 6 5 4 */
    command_must_say("\"bytes_backward\": 0");
    command_must_say("\"message_numbers\": 5");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(somebodys_messages),
        cmocka_unit_test(nothing_shown),
        cmocka_unit_test(counted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
