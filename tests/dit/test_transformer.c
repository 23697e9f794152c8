#include "tests/support/files.h"
#include "tests/support/trial.h"

#include "ref/base/trace.h"
#include "ref/dit/transformer.h"
#include "ref/ops/tape.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define GOLDENS "data/goldens/transformer/"
#define PUBLISHED GOLDENS "b_published.safetensors"

static void goldens(void **state)
{
    (void)state;
    static const char *const names[] = {
        "a_plain",         "d_c_factor_1.7",    "e_union_false",          "f_add_cond_attn",
        "g_batch2",        "i_byt5_float_mask", "j_union_false_c_factor", "k_c_t",
        "l_cond_small",    "m_no_lora_cond"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char path[128];
        snprintf(path, sizeof path, GOLDENS "%s.safetensors", names[i]);
        golden_accepted_on(path, "f64", "plain");
        golden_accepted_on(path, "f32", "fast");
        golden_accepted_on(path, "f32", "blas");
    }
    /* With gradients of the whole network. */
    static const char *const deep[] = {PUBLISHED, GOLDENS "c_latent_lora.safetensors",
                                       GOLDENS "h_byt5_region.safetensors"};
    for (int i = 0; i < 3; i++) {
        golden_accepted_on(deep[i], "f64", "fast");
        golden_accepted_on(deep[i], "f32", "plain");
        golden_accepted_on(deep[i], "f32", "blas");
    }
}

/* Identities: the published case with settings changed, against another. ----------------------- */

static double largest(golden_run *g)
{
    const ts_tensor y = ts_ran_get(&g->ran, TS_OUTPUT, "sample");
    double most = 0;
    for (int64_t i = 0; i < ts_numel(y); i++)
        most = fmax(most, fabs(ts_load(y.data, y.dtype, i)));
    return most;
}

/* How far apart two runs of the published case are, relative to the largest output. */
static double apart(const char *const *a, const char *const *b)
{
    golden_run x, y;
    golden_open(&x, PUBLISHED, a, TS_F64);
    golden_open(&y, PUBLISHED, b, TS_F64);
    if (x.ran.ctx.status || y.ran.ctx.status)
        fail_msg("%s%s", x.ran.ctx.message, y.ran.ctx.message);
    const double d = golden_distance(&x, TS_OUTPUT, "sample",
                                     ts_ran_get(&y.ran, TS_OUTPUT, "sample")) / largest(&x);
    golden_close(&x);
    golden_close(&y);
    return d;
}

#define UNSEEN "union_cond_attn=false"
#define SET(...) ((const char *const[]){__VA_ARGS__, NULL})

static void settings(void **state)
{
    (void)state;
    /* A scale of 1 is no scale, c_factor and condition_scale are one thing. */
    assert_true(apart(NULL, SET("condition_scale=1.0")) == 0);
    assert_true(apart(SET("condition_scale=2"), SET("c_factor=2")) == 0);
    assert_true(apart(NULL, SET("c_factor=2")) > 1e-4);
    /* A c_factor overwrites the mask (published); without it the mask counts. */
    assert_true(apart(SET("c_factor=2"), SET("c_factor=2", "union_cond_attn=false")) == 0);
    assert_true(apart(NULL, SET("union_cond_attn=false")) > 1e-4);
    /* What does not reach the image. */
    assert_true(apart(SET(UNSEEN), SET(UNSEEN, "c_t=0.5")) < 1e-14);
    assert_true(apart(SET(UNSEEN), SET(UNSEEN, "lora=false")) < 1e-14);
    /* c_t = 0 is the default; another time is not the same; nor is an adapter on other streams. */
    assert_true(apart(NULL, SET("c_t=0")) == 0);
    assert_true(apart(NULL, SET("c_t=0.5")) > 1e-4);
    assert_true(apart(NULL, SET("latent_lora=true")) > 1e-4);
    assert_true(apart(NULL, SET("lora=false")) > 1e-4);
    assert_true(apart(NULL, SET("lora_alpha=8")) > 1e-4);
    assert_true(apart(SET("lora=false"), SET("lora=false", "latent_lora=true")) == 0);
    /* Quirks of tokens that are not there. */
    assert_true(apart(NULL, SET("compat=false", "mask_para.base_ratio=0.1")) == 0);
}

/* With latent_lora the image goes through the adapter in the double blocks, the text only in the
 * single ones, where both are one sequence. Names of the first call of each module. */
static void adapter_of_the_image(void **state)
{
    (void)state;
    golden_run on, off;
    golden_open(&on, PUBLISHED, SET("latent_lora=true", "union_cond_attn=false"), TS_F64);
    golden_open(&off, PUBLISHED, SET("union_cond_attn=false"), TS_F64);
    static const struct {
        const char *name;
        bool changes;
    } values[] = {
        {"context_embedder.output", false},
        {"transformer_blocks.0.attn.add_q_proj.output", false},
        {"time_text_embed.output", false},
        {"x_embedder.output", true},
        {"x_embedder@2.output", false},
        {"transformer_blocks.0.attn.to_q.output", true},
        {"transformer_blocks.0.attn.to_q@2.output", false},
        {"transformer_blocks.1.output.2", false},
        {"single_transformer_blocks.0.norm.linear.output", true},
        {"single_transformer_blocks.0.norm.linear@2.output", false},
    };
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        const double d = golden_distance(&on, TS_TRACE, values[i].name,
                                         ts_ran_get(&off.ran, TS_TRACE, values[i].name));
        assert_true(values[i].changes ? d > 1e-3 : d < 1e-13);
    }
    golden_close(&on);
    golden_close(&off);
}

/* Without a condition none of its settings matters, but its time is computed all the same. */
static void no_condition(void **state)
{
    (void)state;
    golden_run g;
    golden_open(&g, GOLDENS "a_plain.safetensors", NULL, TS_F64);
    assert_int_equal(g.ran.ctx.status, TS_OK);
    assert_false(ts_is_empty(ts_ran_get(&g.ran, TS_TRACE, "time_text_embed@2.output")));
    assert_true(ts_is_empty(ts_ran_get(&g.ran, TS_TRACE, "x_embedder@2.output")));
    golden_run h;
    golden_open(&h, GOLDENS "a_plain.safetensors", SET("c_factor=3", "c_t=1", "add_cond_attn=true"),
                TS_F64);
    assert_true(golden_distance(&g, TS_OUTPUT, "sample",
                                ts_ran_get(&h.ran, TS_OUTPUT, "sample")) == 0);
    golden_close(&h);
    golden_close(&g);
}

static void bias(void **state)
{
    (void)state;
    ts_dit_options o = ts_dit_default_options();
    assert_int_equal(ts_condition_bias(&o, 10, 4).segments, 0);
    o.union_cond_attn = false;
    assert_int_equal(ts_condition_bias(&o, 10, 0).segments, 0);
    ts_attention_bias b = ts_condition_bias(&o, 10, 4);
    assert_true(b.segments == 2 && b.start[0] == 0 && b.start[1] == 6 && b.start[2] == 10);
    assert_true(isinf(b.between[0][1]) && b.between[0][1] < 0 && isinf(b.between[1][0]));
    assert_true(b.between[0][0] == 0 && b.between[1][1] == 0);
    o.c_factor = 2.0;
    b = ts_condition_bias(&o, 10, 4);
    assert_true(fabs(b.between[0][1] - log(2.0)) < 1e-15 && b.between[1][0] == b.between[0][1]);
}

/* Trace: every name that the published run has, in an order in which things can be computed. */
static void traced_names(void **state)
{
    (void)state;
    golden_run g;
    golden_open(&g, PUBLISHED, NULL, TS_F32);
    int64_t published = 0;
    for (int64_t i = 0; i < g.c.count; i++)
        if (g.c.targets[i].kind == TS_TRACE) {
            published++;
            if (ts_is_empty(ts_ran_get(&g.ran, TS_TRACE, g.c.targets[i].name)))
                fail_msg("no %s", g.c.targets[i].name);
        }
    assert_true(published > 150);
    static const char *const order[] = {"x_embedder.output", "transformer_blocks.0.output.1",
                                        "transformer_blocks.1.norm1.output.0",
                                        "single_transformer_blocks.0.output.0",
                                        "norm_out.output", "proj_out.output"};
    int64_t at = 0;
    for (int k = 0; k < 6; k++, at++)
        while (strcmp(ts_trace_name(g.ran.trace, at), order[k]) != 0)
            assert_true(++at < ts_trace_count(g.ran.trace));
    golden_close(&g);
}

/* Running. ------------------------------------------------------------------------------------- */

/* A transformer of its own options on the inputs of the published case. */
typedef struct {
    net n;
    trial t;
    ts_dit_inputs in;
    ts_dit_options options;
} setup;

static ts_tensor entered(setup *s, const char *name)
{
    const ts_tensor t = trial_given(&s->t, name);
    ts_tensor x = ts_new(&s->n.ctx, s->n.ctx.compute, t.rank, t.size);
    ts_convert(x.data, x.dtype, t.data, t.dtype, ts_numel(t));
    return x;
}

static void setup_open(setup *s, ts_dtype compute)
{
    net_open(&s->n, compute, true);
    trial_open(&s->t, PUBLISHED, NULL);
    s->options = ts_dit_default_options();
    s->in = (ts_dit_inputs){
        .hidden_states = entered(s, "hidden_states"),
        .encoder_hidden_states = entered(s, "encoder_hidden_states"),
        .pooled_projections = entered(s, "pooled_projections"),
        .timestep = entered(s, "timestep"),
        .guidance = entered(s, "guidance"),
        .img_ids = entered(s, "img_ids"),
        .txt_ids = entered(s, "txt_ids"),
        .condition_latents = entered(s, "condition_latents"),
        .condition_ids = entered(s, "condition_ids"),
    };
}

static void setup_close(setup *s)
{
    trial_close(&s->t);
    net_close(&s->n);
}

/* Memory stays one block deep: ten times as many blocks need no more. */
static void memory(void **state)
{
    (void)state;
    size_t peak[2];
    for (int deep = 0; deep < 2; deep++) {
        setup s;
        setup_open(&s, TS_F32);
        ts_double_weights blocks[20];
        ts_single_weights single[20];
        ts_dit dit = *s.n.dit;
        for (int i = 0; i < 20; i++) {
            blocks[i] = dit.blocks[i % 2];
            single[i] = dit.single_blocks[i % 2];
        }
        dit.blocks = blocks;
        dit.single_blocks = single;
        dit.config.layers = dit.config.single_layers = deep ? 20 : 2;
        const ts_tensor y = ts_transformer(&s.n.ctx, &dit, &s.in, &s.options);
        assert_false(ts_is_empty(y));
        peak[deep] = s.n.ctx.arena.peak;
        setup_close(&s);
    }
    assert_true(peak[0] == peak[1]);
}

/* A stop that comes in the middle of the run: after so many traced results. */
static void interruption(void **state)
{
    (void)state;
    for (int when = 0; when < 2; when++) {
        setup s;
        volatile sig_atomic_t stop = 0;
        setup_open(&s, TS_F32);
        s.n.ctx.progress.stop = &stop;
        if (when == 0)
            stop = 1;
        else {
            /* The first transformer runs to its end, the second finds the stop. */
            assert_false(ts_is_empty(ts_transformer(&s.n.ctx, s.n.dit, &s.in, &s.options)));
            stop = 1;
        }
        assert_true(ts_is_empty(ts_transformer(&s.n.ctx, s.n.dit, &s.in, &s.options)));
        files_failed(&s.n.ctx, TS_ERROR_INTERRUPTED, "interrupted");
        assert_string_equal(s.n.ctx.path, "");
        setup_close(&s);
    }
}

/* Gradients: four-point differences of sum(c v) for numbers of parameters all over the network. */
static double loss(setup *s, ts_tensor c)
{
    const ts_scope scope = ts_scope_open(&s->n.ctx);
    const ts_tensor v = ts_transformer(&s->n.ctx, s->n.dit, &s->in, &s->options);
    double sum = 0;
    for (int64_t i = 0; i < ts_numel(v); i++)
        sum += ((double *)v.data)[i] * ((double *)c.data)[i];
    ts_scope_close(&s->n.ctx, scope, NULL, 0);
    return sum;
}

/* The parameter of that name as a double tensor in place of the file's, in the opened network. */
static ts_tensor *parameter(ts_dit *dit, int which)
{
    ts_double_weights *b = &dit->blocks[0], *last = &dit->blocks[1];
    ts_single_weights *s = &dit->single_blocks[0];
    ts_tensor *const all[] = {
        &dit->x_embedder.a_down,   &dit->x_embedder.b_up,    &b->image.norm1_linear.b_up,
        &b->image.to_k.a_down,     &last->image.to_out.b_up, &last->image.ff_out.a_down,
        &s->proj_mlp.a_down,       &s->proj_out.b_up,        &dit->single_blocks[1].to_v.a_down,
        &b->image.to_q.w,          &b->image.norm_q,         &last->text.ff_in.b,
        &s->norm_linear.w,         &dit->norm_out_linear.b,  &dit->timestep.linear_1.b,
        &dit->guidance.linear_2.w, &dit->proj_out.w,         &dit->context_embedder.w,
    };
    return which < (int)(sizeof all / sizeof *all) ? all[which] : NULL;
}

static void gradients(void **state)
{
    (void)state;
    setup s;
    setup_open(&s, TS_F64);
    ts_ctx *ctx = &s.n.ctx;
    const ts_tensor c = trial_tensor(ctx, 11, 1.0, 3, 1, 24, 64);
    int count = 0;
    for (ts_tensor *p; (p = parameter(s.n.dit, count)); count++) {
        ts_tensor wide = ts_new(ctx, TS_F64, p->rank, p->size);
        ts_convert(wide.data, TS_F64, p->data, p->dtype, ts_numel(*p));
        wide.name = p->name;
        *p = wide;
        ts_want_grad(ctx, p, wide.name);
    }
    const ts_tensor v = ts_transformer(ctx, s.n.dit, &s.in, &s.options);
    ts_seed_grad(ctx, v, c);
    assert_int_equal(ts_tape_backward(ctx), TS_OK);
    ctx->record = false;
    const double h = 1e-3;
    for (int k = 0; k < count; k++) {
        const ts_tensor grad = parameter(s.n.dit, k)->grad->value;
        ts_tensor *p = parameter(s.n.dit, k);
        p->grad = NULL;
        const int64_t i = (7 * k + 3) % ts_numel(*p);
        double *x = (double *)p->data + i, f[4], x0 = *x;
        for (int j = 0; j < 4; j++) {
            *x = x0 + (j < 2 ? j - 2 : j - 1) * h;
            f[j] = loss(&s, c);
        }
        *x = x0;
        const double slope = (f[0] - 8 * f[1] + 8 * f[2] - f[3]) / (12 * h),
                     mine = ((double *)grad.data)[i];
        if (!(fabs(mine - slope) <= 1e-7 * (1 + fabs(slope))))
            fail_msg("%s [%lld]: %.12g, by differences %.12g", p->name, (long long)i, mine, slope);
        assert_true(fabs(slope) > 1e-9);
    }
    assert_true(count == 18);
    setup_close(&s);
}

static void refused(const char *path, const char *assignment, const char *input, ts_tensor value,
                    ts_status status, const char *words)
{
    trial t;
    trial_open(&t, path, NULL);
    if (assignment)
        trial_set(&t, assignment);
    if (input)
        trial_input(&t, input, value);
    trial_refused(&t, status, words);
}

static void errors(void **state)
{
    (void)state;
    static float zeros[24 * 400];
    const ts_tensor none = {0};
    const struct {
        const char *name;
        int rank;
        int64_t size[3];
        const char *words;
    } shapes[] = {
        {"hidden_states", 3, {1, 24, 383}, "hidden_states: expected (*, *, 384)"},
        {"hidden_states", 2, {24, 384}, "hidden_states: expected (*, *, 384)"},
        {"encoder_hidden_states", 3, {2, 7, 32}, "encoder_hidden_states: expected (1, *, 32)"},
        {"encoder_hidden_states", 3, {1, 8, 32}, "txt_ids: expected (8, 3)"},
        {"pooled_projections", 2, {1, 25}, "pooled_projections: expected (1, 24)"},
        {"timestep", 1, {2}, "timestep: expected (1)"},
        {"guidance", 2, {1, 1}, "guidance: expected (1)"},
        {"img_ids", 2, {23, 3}, "img_ids: expected (24, 3)"},
        {"img_ids", 2, {24, 2}, "img_ids: expected (24, 3)"},
        {"txt_ids", 3, {1, 7, 3}, "txt_ids: expected (7, 3)"},
        {"condition_latents", 3, {1, 24, 64}, "condition_latents: expected (1, *, 384)"},
        {"condition_latents", 3, {2, 12, 384}, "condition_latents: expected (1, *, 384)"},
        {"condition_ids", 2, {12, 3}, "condition_ids: expected (24, 3)"},
    };
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++)
        refused(PUBLISHED, NULL, shapes[i].name,
                ts_tensor_of(zeros, TS_F32, shapes[i].rank, shapes[i].size), TS_ERROR_SHAPE,
                shapes[i].words);
    static const char *const needed[] = {"hidden_states", "encoder_hidden_states",
                                         "pooled_projections", "timestep", "img_ids", "txt_ids"};
    for (int i = 0; i < 6; i++)
        refused(PUBLISHED, NULL, needed[i], none, TS_ERROR_USAGE, needed[i]);
    refused(PUBLISHED, NULL, "guidance", none, TS_ERROR_SHAPE, "guidance");
    refused(PUBLISHED, NULL, "condition_ids", none, TS_ERROR_SHAPE, "condition_ids");
    refused(PUBLISHED, "c_factor=0", NULL, none, TS_ERROR_USAGE, "must be positive, not 0");
    refused(PUBLISHED, "condition_scale=-1", NULL, none, TS_ERROR_USAGE, "positive, not -1");
    refused(PUBLISHED, "c_factor=1e300", NULL, none, TS_ERROR_USAGE, "must be positive, not inf");
    refused(PUBLISHED, "use_byt5_embeds=true", NULL, none, TS_ERROR_SHAPE, "byt5_embeds");
    refused(GOLDENS "a_plain.safetensors", "use_byt5_embeds=true", NULL, none, TS_ERROR_USAGE,
            "glyph tokens need a condition");
    refused(GOLDENS "l_cond_small.safetensors", "add_cond_attn=true", NULL, none, TS_ERROR_SHAPE,
            "add_cond_attn needs as many condition tokens");
    refused(GOLDENS "h_byt5_region.safetensors", NULL, "byt5_region_attn_mask",
            ts_tensor_of(zeros, TS_F32, 4, (int64_t[]){1, 1, 3, 3}), TS_ERROR_SHAPE, "mask");
    refused(GOLDENS "h_byt5_region.safetensors", NULL, "byt5_embeds",
            ts_tensor_of(zeros, TS_F32, 3, (int64_t[]){1, 4, 31}), TS_ERROR_SHAPE, "byt5_embeds");
}

/* Without rows of text, or of a condition, there is nothing to go wrong. */
static void empty_sequences(void **state)
{
    (void)state;
    static float zeros[4];
    trial t;
    trial_open(&t, GOLDENS "a_plain.safetensors", NULL);
    trial_input(&t, "encoder_hidden_states", ts_tensor_of(zeros, TS_F32, 3, (int64_t[]){1, 0, 32}));
    trial_input(&t, "txt_ids", ts_tensor_of(zeros, TS_F32, 2, (int64_t[]){0, 3}));
    trial_accepted(&t);
    trial_open(&t, PUBLISHED, NULL);
    trial_input(&t, "condition_latents", ts_tensor_of(zeros, TS_F32, 3, (int64_t[]){1, 0, 384}));
    trial_input(&t, "condition_ids", ts_tensor_of(zeros, TS_F32, 2, (int64_t[]){0, 3}));
    trial_accepted(&t);
}

static ts_status whole_run(ts_ctx *ctx, const void *arg)
{
    const ts_job *job = arg;
    const ts_how how = {.table = &ts_table_fast, .compute = TS_F32, .threads = 1};
    ts_ran ran;
    if (ts_run(&ran, &how, job))
        ts_fail(ctx, ran.ctx.status, "%s", ran.ctx.message);
    ts_ran_free(&ran);
    return ctx->status;
}

static void no_memory(void **state)
{
    (void)state;
    trial t;
    trial_open(&t, PUBLISHED, NULL);
    assert_true(trial_faults(whole_run, &t.job, 3) > 200);
    t.job.grads = t.job.param_grads = true;
    ts_items_add(&t.ctx, &t.job.cotangents, "cotangent",
                 ts_items_get(&t.c.job.cotangents, "cotangent"));
    assert_true(trial_faults(whole_run, &t.job, 29) > 200);
    ts_items_free(&t.job.cotangents);
    trial_close(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(goldens),      cmocka_unit_test(settings),
        cmocka_unit_test(adapter_of_the_image), cmocka_unit_test(no_condition),
        cmocka_unit_test(bias),         cmocka_unit_test(traced_names),
        cmocka_unit_test(memory),       cmocka_unit_test(interruption),
        cmocka_unit_test(gradients),    cmocka_unit_test(errors),
        cmocka_unit_test(empty_sequences), cmocka_unit_test(no_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
