#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/support/command.h"
#include "tests/support/tamper.h"

#include "ref/ops/table.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CASE "data/goldens/transformer/b_published.safetensors"
#define RUN "run flux_text.transformer --inputs " CASE " "

static char truth[128], traced[128], mine[128], mine_traced[128], changed[128];

static const char *in_folder(char *path, const char *name)
{
    snprintf(path, 128, "%s/%s", command_folder(), name);
    return path;
}

/* The truth with its honest errors, and a right float32 run. */
static int make(void **state)
{
    (void)state;
    in_folder(truth, "truth.safetensors");
    in_folder(traced, "truth-trace.safetensors");
    in_folder(mine, "mine.safetensors");
    in_folder(mine_traced, "mine-trace.safetensors");
    in_folder(changed, "changed.safetensors");
    if (command(RUN "--precision f64 --honest f32 --honest bf16 --out %s --trace %s", truth,
                traced) ||
        command(RUN "--out %s --trace %s", mine, mine_traced)) {
        printf("%s", command_said);
        return 1;
    }
    return 0;
}

/* check and diff refuse `file`, and diff names that as the first divergence. */
static void refused(const char *output, const char *trace, const char *first)
{
    char line[256];
    snprintf(line, sizeof line, "first divergence: %s\n", first);
    assert_int_equal(command("diff %s %s", traced, trace), 1);
    command_must_say(line);
    command_must_say("repeat: touchstone diff");
    if (output) {
        assert_int_equal(command("diff %s %s", truth, output), 1);
        command_must_say("first divergence: sample\n");
        assert_int_equal(command("check " CASE " --output %s", output), 1);
        command_must_say("FAIL output sample");
        command_must_say("repeat: touchstone check");
    }
}

static void right_runs(void **state)
{
    (void)state;
    assert_int_equal(command("diff %s %s", traced, mine_traced), 0);
    command_must_say("OK: ");
    command_must_not_say("OUTSIDE");
    assert_int_equal(command("diff %s %s --all", truth, mine), 0);
    command_must_say("ok      sample");
    assert_int_equal(command("check " CASE " --output %s", mine), 0);
    assert_int_equal(command(RUN "--precision bf16 --backend %s --out %s --trace %s",
                             ts_table_named("blas") ? "blas" : "fast",
                             in_folder(changed, "bf16.safetensors"),
                             mine_traced), 0);
    assert_int_equal(command("diff %s %s --precision bf16", traced, mine_traced), 0);
    assert_int_equal(command("diff %s %s", traced, mine_traced), 1); /* it is not f32 */
    make(NULL);
}

static void one_element_by_one_percent(void **state)
{
    (void)state;
    tamper(mine_traced, changed, tamper_one_percent, "transformer_blocks.1.attn.to_q.output");
    refused(NULL, changed, "transformer_blocks.1.attn.to_q.output");
    tamper(mine, changed, tamper_one_percent, "sample");
    assert_int_equal(command("check " CASE " --output %s", changed), 1);
    command_must_say("FAIL output sample");
    assert_int_equal(command("diff %s %s", truth, changed), 1);
}

static void index_off_by_one(void **state)
{
    (void)state;
    tamper(mine_traced, changed, tamper_off_by_one, "single_transformer_blocks.0.attn.norm_k.output");
    refused(NULL, changed, "single_transformer_blocks.0.attn.norm_k.output");
    tamper(mine, changed, tamper_off_by_one, "sample");
    assert_int_equal(command("check " CASE " --output %s", changed), 1);
}

static void run_wrong(const char *words)
{
    char out[128], trace[128];
    in_folder(out, "wrong.safetensors");
    in_folder(trace, "wrong-trace.safetensors");
    if (command(RUN "%s --out %s --trace %s", words, out, trace))
        fail_msg("%s", command_said);
}

/* The two halves of the last norm's linear layer are scale and shift. */
static void scale_and_shift_swapped(void **state)
{
    (void)state;
    char from[256], to[256], words[256], out[128], trace[128];
    snprintf(words, sizeof words, "mkdir -p %s/wrong && cp data/goldens/tiny-a/transformer/* %s/wrong",
             command_folder(), command_folder());
    assert_int_equal(system(words), 0);
    static const char file[] = "diffusion_pytorch_model.safetensors";
    snprintf(from, sizeof from, "data/goldens/tiny-a/transformer/%s", file);
    snprintf(to, sizeof to, "%s/wrong/%s", command_folder(), file);
    tamper(from, to, tamper_swap_halves, "norm_out.linear.");
    snprintf(words, sizeof words, "--checkpoint %s/wrong", command_folder());
    run_wrong(words);
    refused(in_folder(out, "wrong.safetensors"), in_folder(trace, "wrong-trace.safetensors"),
            "norm_out.linear.output");
}

static void lora_on_the_wrong_stream(void **state)
{
    (void)state;
    char out[128], trace[128];
    run_wrong("--set latent_lora=true");
    assert_int_equal(command("diff %s %s", traced, in_folder(trace, "wrong-trace.safetensors")), 1);
    command_must_say("first divergence: x_embedder");
    assert_int_equal(command("check " CASE " --output %s", in_folder(out, "wrong.safetensors")), 1);
    command_must_say("FAIL output sample");
    assert_int_equal(command("check " CASE " --set latent_lora=true"), 1);
    command_must_say("first to diverge, in the order of execution: trace x_embedder");
}

static void bf16_inputs_sold_as_f32(void **state)
{
    (void)state;
    char out[128], trace[128], words[128];
    tamper(CASE, changed, tamper_bf16, "in.");
    in_folder(out, "wrong.safetensors");
    in_folder(trace, "wrong-trace.safetensors");
    snprintf(words, sizeof words, "--checkpoint data/goldens/tiny-a/transformer --lora "
                                  "data/goldens/tiny-a-lora.safetensors");
    assert_int_equal(command("run flux_text.transformer --inputs %s %s --out %s --trace %s", changed,
                             words, out, trace), 0);
    refused(out, trace, "x_embedder.output");
}

static void names(void **state)
{
    (void)state;
    assert_int_equal(command("diff %s %s", traced, mine), 1);
    command_must_say("MISSING x_embedder.output");
    command_must_say("extra   sample");
    assert_int_equal(command("diff %s %s --partial", traced, mine), 1); /* nothing was compared */
    assert_int_equal(command("diff %s %s", mine, truth), 2);
    command_must_say("holds no honest error of sample in f32");
    assert_int_equal(command("diff %s %s --rtol 1e-3 --atol 1e-4", mine, truth), 0);
    command_must_say("not judged by the law");
    assert_int_equal(command("diff %s %s --atol 1e-12", mine, truth), 1);
    assert_int_equal(command("diff %s", truth), 2);
    assert_int_equal(command("diff %s none.safetensors", truth), 1);
    assert_int_equal(command("diff %s %s --precision f8", truth, mine), 2);
    assert_int_equal(command("diff %s %s --precision f64", truth, truth), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(right_runs),
        cmocka_unit_test(one_element_by_one_percent),
        cmocka_unit_test(index_off_by_one),
        cmocka_unit_test(scale_and_shift_swapped),
        cmocka_unit_test(lora_on_the_wrong_stream),
        cmocka_unit_test(bf16_inputs_sold_as_f32),
        cmocka_unit_test(names),
    };
    return cmocka_run_group_tests(tests, make, NULL);
}
