#include "tests/support/chain.h"

#include "ref/text/modules.h"

#include <string.h>

#define CLIP "text_model.encoder.layers."
#define T5 "encoder.block."

static void clip_parts(void **state)
{
    (void)state;
    static const chain_link links[] = {
        {"text.clip." CLIP "1",
         {{"hidden_states", CLIP "0.output"}}, {{"output", CLIP "1.output"}}},
        {"text.clip." CLIP "0.self_attn",
         {{"hidden_states", CLIP "0.layer_norm1.output"}}, {{"output", CLIP "0.self_attn.output"}}},
        {"text.clip." CLIP "1.mlp",
         {{"hidden_states", CLIP "1.layer_norm2.output"}}, {{"output", CLIP "1.mlp.output"}}},
        {"text.clip." CLIP "0.layer_norm1",
         {{"input", "text_model.embeddings.output"}}, {{"output", CLIP "0.layer_norm1.output"}}},
        {"text.clip." CLIP "0.mlp.fc1",
         {{"input", CLIP "0.layer_norm2.output"}}, {{"output", CLIP "0.mlp.fc1.output"}}},
        {"text.clip.text_model.embeddings.token_embedding",
         {{"input", "in.input_ids"}},
         {{"output", "text_model.embeddings.token_embedding.output"}}},
    };
    chain_holds("data/goldens/text/clip.safetensors", NULL, links,
                (int)(sizeof links / sizeof *links));
}

static void t5_parts(void **state)
{
    (void)state;
    static const chain_link links[] = {
        {"text.t5." T5 "0", {{"hidden_states", "shared.output"}}, {{"output", T5 "0.output"}}},
        {"text.t5." T5 "1", {{"hidden_states", T5 "0.output"}}, {{"output", T5 "1.output"}}},
        {"text.t5." T5 "1.layer.0.SelfAttention",
         {{"hidden_states", T5 "1.layer.0.layer_norm.output"}},
         {{"output", T5 "1.layer.0.SelfAttention.output"}}},
        {"text.t5." T5 "0.layer.1.DenseReluDense",
         {{"hidden_states", T5 "0.layer.1.layer_norm.output"}},
         {{"output", T5 "0.layer.1.DenseReluDense.output"}}},
        {"text.t5.shared", {{"input", "in.input_ids"}}, {{"output", "shared.output"}}},
        {"text.t5.encoder.final_layer_norm",
         {{"input", T5 "1.output"}}, {{"output", "encoder.final_layer_norm.output"}}},
    };
    chain_holds("data/goldens/text/t5_48.safetensors", NULL, links,
                (int)(sizeof links / sizeof *links));
}

/* The table's own promises: a text, inputs, a function; families behind their members. */
static void table(void **state)
{
    (void)state;
    for (const ts_module *m = ts_text_modules; m->pattern; m++) {
        ts_call call = {.module = ""};
        assert_non_null(m->text);
        assert_non_null(m->run);
        if (!strchr(m->pattern, '*'))
            assert_ptr_equal(ts_module_find(ts_text_modules, m->pattern, &call), m);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(clip_parts), cmocka_unit_test(t5_parts),
                                       cmocka_unit_test(table)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
