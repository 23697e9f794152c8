#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/support/command.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

#define SHORT "--ranks 4 --nodes 2 --batch 32 --steps 20 --compute-ms 1 "

static json_t *said(void)
{
    json_error_t error;
    json_t *json = json_loads(command_said, 0, &error);
    if (!json)
        fail_msg("%s: %s", error.text, command_said);
    return json;
}

static double number(const json_t *json, const char *key)
{
    return json_number_value(json_object_get(json, key));
}

static void digits(void **state)
{
    (void)state;
    assert_int_equal(command("train resnet " SHORT "--json"), 0);
    json_t *json = said();
    assert_true(number(json, "step") == 20 && number(json, "steps") == 50);
    assert_true(number(json, "loss") > 0.1 && number(json, "loss") < 2.5);
    assert_true(number(json, "bytes_inter") + number(json, "bytes_intra") == 24 * 19706);
    json_decref(json);
    assert_int_equal(command("train resnet " SHORT), 0);
    command_must_say("20 of 50 steps in ");
    command_must_say("a step on the virtual cluster: ");
}

static void text(void **state)
{
    (void)state;
    assert_int_equal(command("train lm --width 16 --ranks 2 --batch 4 --length 16 --steps 3 --lr 0.1 "
                             "--error --log %s/lm.jsonl", command_folder()), 0);
    command_must_say("exchanged gradient: ");
    assert_int_equal(command("train lm --width 16 --steps 1 --fold 5/10"), 2);
    command_must_say("of a text the first or the last part is held out");
}

/* Options change what the recipe says, also inside its stages. */
static void recipe(void **state)
{
    (void)state;
    assert_int_equal(command("train resnet --recipe data/train/recipes/digits.json --batch 40 --ranks "
                             "2 --steps 2 --json"), 0);
    json_t *json = said();
    assert_true(number(json, "steps") > 2);
    json_decref(json);
    assert_int_equal(command("train lm --recipe data/train/recipes/digits.json"), 2);
    command_must_say("digits.json is a recipe for resnet");
}

/* Killed by Ctrl-C: a checkpoint, code 130; going on ends where an undisturbed run ends. */
static void interrupted(void **state)
{
    (void)state;
    const char *dir = command_folder();
    assert_int_equal(command("train resnet " SHORT "--checkpoint %s/a --json", dir), 0);
    char whole[256];
    strncpy(whole, command_said, sizeof whole - 1);
    whole[sizeof whole - 1] = 0;
    assert_int_equal(command("train resnet --ranks 4 --nodes 2 --batch 32 --steps 7 --compute-ms 1 "
                             "--checkpoint %s/b", dir), 0);
    assert_int_equal(command("train resnet " SHORT "--checkpoint %s/b --resume", dir), 0);
    command_must_say("20 of 50 steps, the first 7 from the checkpoint");
    for (int rank = 0; rank < 4; rank++) {
        char name[64];
        snprintf(name, sizeof name, "step-000020-rank-%03d.safetensors", rank);
        assert_int_equal(command("--version; cmp %s/a/%s %s/b/%s", dir, name, dir, name), 0);
    }
    assert_int_equal(command("train resnet --ranks 4 --epochs 200 --checkpoint %s/c 2>%s/said & "
                             "pid=$!; sleep 1; kill -INT $pid; wait $pid; code=$?; cat %s/said; "
                             "exit $code", dir, dir, dir), 130);
    command_must_say("; --resume goes on from ");
    assert_int_equal(command("--version; ls %s/c/checkpoint.json", dir), 0);
}

/* Killed without warning at any moment, ten times: what stands in the folder goes on, and the end is
 * that of an undisturbed run. */
static void killed(void **state)
{
    (void)state;
    const char *dir = command_folder();
    for (int i = 0; i < 10; i++)
        command("train resnet " SHORT "--every 1 --resume --checkpoint %s/k >/dev/null 2>&1 & pid=$!; "
                "sleep 0.%02d; kill -9 $pid 2>/dev/null; wait $pid", dir, 4 + 3 * i);
    assert_int_equal(command("train resnet " SHORT "--every 1 --resume --checkpoint %s/k", dir), 0);
    for (int rank = 0; rank < 4; rank++) {
        char name[64];
        snprintf(name, sizeof name, "step-000020-rank-%03d.safetensors", rank);
        assert_int_equal(command("--version; cmp %s/a/%s %s/k/%s", dir, name, dir, name), 0);
    }
}

static void refuses(void **state)
{
    (void)state;
    static const struct {
        const char *words, *said;
    } wrong[] = {
        {"train", "touchstone: train: what? resnet or lm\n"},
        {"train vgg", "touchstone: train: what? resnet or lm\n"},
        {"train resnet --scheme rings", "touchstone: options: scheme is \"rings\", expected one of"},
        {"train resnet --ranks 3", "touchstone: options: batch 64 is no multiple of the 3 ranks\n"},
        {"train resnet --resume", "touchstone: --resume: from which --checkpoint?\n"},
        {"train resnet --precision bf16",
         "touchstone: --precision bf16: training computes in f32 or f64\n"},
        {"train resnet --backend cuda", "touchstone: --backend cuda: this build has no such table\n"},
        {"train resnet --batch 4000",
         "touchstone: rank 0 of 1: a batch of 4000 is more than there is to train on\n"},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        assert_int_equal(command("%s", wrong[i].words), 2);
        command_must_say(wrong[i].said);
    }
    assert_int_equal(command("train resnet --data /nowhere"), 2);
    assert_int_equal(command("train resnet --steps 1 >/dev/full"), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(digits),      cmocka_unit_test(text),    cmocka_unit_test(recipe),
        cmocka_unit_test(interrupted), cmocka_unit_test(killed),  cmocka_unit_test(refuses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
