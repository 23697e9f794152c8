/* train.c: data-parallel training, ranks as threads or processes.
 * Test: tests/cli/test_train.c */
#include "ref/cli/command.h"
#include "ref/cli/setup.h"
#include "ref/cli/ticker.h"
#include "ref/io/json.h"
#include "ref/ops/table.h"
#include "ref/train/record.h"
#include "ref/train/trainer.h"

#include <stdio.h>
#include <string.h>

#define DIGITS "data/train/digits/images.idx3-ubyte"
#define TEXT "data/train/text/genesis.txt"

static const ts_option options[] = {
    {"--data", "PATH", "pictures (IDX, CIFAR, a folder for each class) or a text; default: those "
                       "that come with the sources"},
    {"--recipe", "FILE", "settings as JSON; options below change them"},
    {"--network", "NAME", "resnet-digits, resnet20, resnet50, lm-tiny ..."},
    {"--width", "N", "channels of the first stage, or numbers of a token"},
    {"--ranks", "P", "1 to 256 workers: 1"},
    {"--nodes", "N", "hosts that they stand on: 1"},
    {"--scheme", "NAME", "how gradients travel: ring (default), tree, double_tree, torus, ordered; "
                         "topk, mstopk, dgc, gaussian, randomk, gtopk, oktopk, hitopk"},
    {"--density", "RHO", "part of the gradient that sparse schemes send: 0.01"},
    {"--no-error-feedback", NULL, "what is not sent is lost"},
    {"--momentum-correction", NULL, "momentum before the selection, as DGC"},
    {"--density-warmup", "NAME", "none, exponential or published: more in the first epochs"},
    {"--wire", "FORMAT", "of sent values: f32 (default) or f16"},
    {"--epochs", "N", "passes over the data: 1"},
    {"--steps", "N", "end after N steps, where the settings have more"},
    {"--batch", "B", "rows of a step, of all ranks together: 64"},
    {"--resolution", "N", "side of the pictures; default: as they are"},
    {"--length", "N", "tokens of a sequence: 64"},
    {"--optimizer", "NAME", "sgd (default), lars, adam, adamw or lamb"},
    {"--lr", "R", "rate after the warm-up: 0.1; of Adam's kind 0.001"},
    {"--last-lr", "R", "rate at the end: 0"},
    {"--schedule", "NAME", "between them: constant (default), linear or cosine"},
    {"--warmup", "EPOCHS", "in which the rate grows from 0: 0"},
    {"--momentum", "M", "0.9"},
    {"--nesterov", NULL, "momentum of Nesterov's kind"},
    {"--weight-decay", "D", "not of biases and norms: 0"},
    {"--smoothing", "E", "of labels: 0"},
    {"--pad", "N", "training pictures are moved by up to N pixels: 0"},
    {"--flip", NULL, "and mirrored every second time"},
    {"--colour", "X", "and changed in brightness, contrast, saturation by up to X: 0"},
    {"--seed", "N", "of the beginning and of everything random: 0"},
    {"--fold", "K/N", "part K (from 0) of N is held out and judged: 0/10"},
    {"--skip-bad", NULL, "steps whose gradients are not finite are left out; default: the end"},
    {"--bucket", "MIB", "of gradients that travel together: 64"},
    {"--checkpoint", "DIR", "written at the end, on Ctrl-C and as --every says"},
    {"--every", "N", "steps between checkpoints; default: only at the end"},
    {"--resume", NULL, "go on from the checkpoint, if there is one"},
    {"--log", "FILE", "a line of JSON for each event"},
    {"--log-every", "N", "steps between its lines: 10"},
    {"--check-every", "N", "steps between proofs that all ranks hold the same bits: 100"},
    {"--compute-ms", "T", "forward and backward on the virtual clock; default: as measured here"},
    {"--error", NULL, "measure how far the exchanged gradient is from the mean"},
    {"--intra-us", "T", "latency inside a node, microseconds: 5"},
    {"--intra-gbs", "B", "bandwidth inside a node, GB/s: 130"},
    {"--inter-us", "T", "latency between nodes, microseconds: 25"},
    {"--inter-gbit", "B", "bandwidth of a node's NIC, Gbit/s: 25"},
    {"--backend", "NAME", "plain, fast (default) or blas"},
    {"--precision", "FORMAT", "f32 (default) or f64"},
    {"--threads", "N", "inside the operations of each rank: 1"},
    {"--json", NULL, "the result as one JSON object"},
    {0}};

/* Options that are settings: as text, as a whole number, as a number, as true. */
static const struct {
    const char *option, *key;
    char kind;
} settings[] = {
    {"--ranks", "ranks", 'i'},           {"--nodes", "nodes", 'i'},
    {"--scheme", "scheme", 't'},         {"--density", "density", 't'},
    {"--epochs", "epochs", 'i'},         {"--batch", "batch", 'i'},
    {"--resolution", "resolution", 'i'}, {"--length", "length", 'i'},
    {"--optimizer", "optimizer", 't'},   {"--lr", "lr", 'r'},
    {"--last-lr", "last_lr", 'r'},       {"--schedule", "schedule", 't'},
    {"--warmup", "warmup_epochs", 'r'},  {"--momentum", "momentum", 'r'},
    {"--nesterov", "nesterov", '1'},     {"--weight-decay", "weight_decay", 'r'},
    {"--smoothing", "smoothing", 'r'},   {"--pad", "pad", 'i'},
    {"--flip", "flip", '1'},             {"--colour", "colour", 'r'},
    {"--seed", "seed", 'i'},             {"--fold", "fold", 't'},
    {"--skip-bad", "skip_bad", '1'},     {"--bucket", "bucket_mib", 'i'},
    {"--no-error-feedback", "feedback", '0'},
    {"--momentum-correction", "correction", '1'},
    {"--density-warmup", "density_warmup", 't'},
    {"--wire", "wire", 't'},
};

static json_t *value_of(ts_ctx *ctx, const ts_options *o, const char *option, char kind)
{
    switch (kind) {
    case 'i': return json_integer(ts_option_int(ctx, o, option, 0, 0, INT64_MAX));
    case 'r': return json_real(ts_option_real(ctx, o, option, 0, 0, 1e9));
    case 't': return json_string(ts_option_text(o, option, ""));
    default: return json_boolean(kind == '1');
    }
}

static json_t *read_recipe(ts_ctx *ctx, const ts_options *o, const char *task)
{
    const char *recipe = ts_option_text(o, "--recipe", NULL);
    json_t *json = recipe ? ts_json_read_object(ctx, recipe) : json_object();
    if (!json && !ctx->status)
        ts_fail(ctx, TS_ERROR_MEMORY, "no memory for settings");
    if (ctx->status)
        return json;
    const char *said = ts_json_text(ctx, json, recipe, "task", task);
    if (!ctx->status && strcmp(said, task) != 0)
        ts_fail(ctx, TS_ERROR_USAGE, "%s is a recipe for %s", recipe, said);
    ts_train_settings_set(ctx, json, "task", json_string(task));
    for (size_t i = 0; i < sizeof settings / sizeof *settings && !ctx->status; i++)
        if (ts_option_on(o, settings[i].option))
            ts_train_settings_set(ctx, json, settings[i].key,
                                  value_of(ctx, o, settings[i].option, settings[i].kind));
    json_t *network = json_object_get(json, "network");
    if (!network && !ctx->status)
        ts_train_settings_set(ctx, json, "network", network = json_object());
    if (ts_option_on(o, "--network"))
        json_object_set_new(network, "model", json_string(ts_option_text(o, "--network", "")));
    if (ts_option_on(o, "--width"))
        json_object_set_new(network, "width",
                            json_integer(ts_option_int(ctx, o, "--width", 0, 1, 65536)));
    return json;
}

static void read_cluster(ts_ctx *ctx, const ts_options *o, const ts_train_settings *s,
                         ts_comm_config *c)
{
    c->topology = ts_topology_of(s->ranks, s->nodes);
    c->topology.link[TS_INTRA] =
        (ts_link){ts_option_real(ctx, o, "--intra-us", 5, 0, 1e6) * 1e-6,
                  1e-9 / ts_option_real(ctx, o, "--intra-gbs", 130, 1e-3, 1e6)};
    c->topology.link[TS_INTER] =
        (ts_link){ts_option_real(ctx, o, "--inter-us", 25, 0, 1e6) * 1e-6,
                  8e-9 / ts_option_real(ctx, o, "--inter-gbit", 25, 1e-3, 1e6)};
    c->clock = true;
    c->threads = (int)ts_option_int(ctx, o, "--threads", 1, 1, 1024);
}

static void read_job(ts_ctx *ctx, const ts_options *o, ts_train_job *job)
{
    job->folder = ts_option_text(o, "--checkpoint", NULL);
    job->resume = ts_option_on(o, "--resume");
    if (job->resume && !job->folder)
        ts_fail(ctx, TS_ERROR_USAGE, "--resume: from which --checkpoint?");
    job->every = ts_option_int(ctx, o, "--every", 0, 1, INT64_MAX);
    job->steps = ts_option_int(ctx, o, "--steps", 0, 1, INT64_MAX);
    job->tell = ts_option_int(ctx, o, "--log-every", 0, 1, INT64_MAX);
    job->check = ts_option_int(ctx, o, "--check-every", 0, 1, INT64_MAX);
    job->compute = ts_option_on(o, "--compute-ms")
                       ? 1e-3 * ts_option_real(ctx, o, "--compute-ms", 0, 0, 1e9)
                       : -1;
    job->error = ts_option_on(o, "--error");
    job->log = ts_option_text(o, "--log", NULL);
}

static void print_text(const ts_train_result *r)
{
    printf("%lld of %lld steps", (long long)r->step, (long long)r->total);
    if (r->resumed)
        printf(", the first %lld from the checkpoint", (long long)r->resumed);
    if (r->skipped)
        printf(", %lld left out", (long long)r->skipped);
    printf(" in %.1f s\ntraining loss %.4f\n", r->seconds, r->loss);
    if (r->score.rows)
        printf("held out: loss %.4f, top-1 %.2f %%, top-5 %.2f %% of %lld\n", r->score.loss,
               100 * r->score.top1, 100 * r->score.top5, (long long)r->score.rows);
    printf("a step on the virtual cluster: %.3f ms, %.0f bytes inside nodes, %.0f between them\n",
           1e3 * r->step_seconds, r->bytes[TS_INTRA], r->bytes[TS_INTER]);
    if (r->error == r->error)
        printf("exchanged gradient: %.3g from the mean, relative\n", r->error);
}

static void print_json(ts_ctx *ctx, const ts_train_result *r)
{
    json_t *json = json_pack(
        "{s:I, s:I, s:I, s:o, s:o, s:f, s:f, s:f, s:f, s:f, s:o}", "step", (json_int_t)r->step,
        "steps", (json_int_t)r->total, "skipped", (json_int_t)r->skipped, "loss",
        ts_record_number(r->loss), "test_loss", ts_record_number(r->score.loss), "top1", r->score.top1, "top5", r->score.top5, "virtual_ms",
        1e3 * r->step_seconds, "bytes_intra", r->bytes[TS_INTRA], "bytes_inter", r->bytes[TS_INTER],
        "error", ts_record_number(r->error));
    char *text = json ? ts_json_dump(ctx, json, 0) : NULL;
    if (text)
        puts(text);
    else
        ts_fail(ctx, TS_ERROR_MEMORY, "no memory for the result");
    ts_free(text);
    json_decref(json);
}

static ts_status train(ts_ctx *ctx, const ts_options *o, json_t *json, const char *path)
{
    ts_train_settings s;
    ts_train_data data = {0};
    ts_train_job job = {.settings = &s, .json = json, .data = &data};
    ts_comm_config config = {.engine = TS_ENGINE_AUTO};
    ts_train_result result;
    const char *where = ts_option_text(o, "--recipe", "options");
    read_job(ctx, o, &job);
    ts_train_settings_read(ctx, &s, json, where);
    ts_train_data_open(ctx, &data, &s, path);
    if (!ctx->status && !ts_train_data_complete(ctx, &data, json))
        ts_train_settings_read(ctx, &s, json, where); /* with the network's missing sizes */
    if (!ctx->status)
        read_cluster(ctx, o, &s, &config);
    ts_ticker ticker;
    ts_ticker_start(&ticker, ctx);
    ts_train(ctx, &job, &config, &result);
    ts_ticker_end(&ticker);
    ts_train_data_close(&data);
    if (!ctx->status && ts_option_on(o, "--json"))
        print_json(ctx, &result);
    else if (!ctx->status)
        print_text(&result);
    fflush(stdout);
    if (!ctx->status && result.stopped)
        ts_fail(ctx, TS_ERROR_INTERRUPTED, "interrupted after step %lld of %lld%s%s",
                (long long)result.step, (long long)result.total,
                job.folder ? "; --resume goes on from " : "", job.folder ? job.folder : "");
    return ctx->status;
}

static int run_train(const ts_options *o)
{
    ts_ctx ctx;
    const char *backend = ts_option_text(o, "--backend", "fast");
    const char *precision = ts_option_text(o, "--precision", "f32");
    const ts_table *table = ts_table_named(backend);
    const bool lm = o->count == 1 && strcmp(o->arguments[0], "lm") == 0;
    const bool resnet = o->count == 1 && strcmp(o->arguments[0], "resnet") == 0;
    const bool wide = strcmp(precision, "f64") == 0;
    ts_ctx_open(&ctx, table, wide ? TS_F64 : TS_F32, 1);
    if (!lm && !resnet)
        ts_fail(&ctx, TS_ERROR_USAGE, "train: what? resnet or lm");
    else if (!table)
        ts_fail(&ctx, TS_ERROR_USAGE, "--backend %s: this build has no such table", backend);
    else if (!wide && strcmp(precision, "f32") != 0)
        ts_fail(&ctx, TS_ERROR_USAGE, "--precision %s: training computes in f32 or f64", precision);
    json_t *json = ctx.status ? NULL : read_recipe(&ctx, o, o->arguments[0]);
    if (!ctx.status)
        train(&ctx, o, json, ts_option_text(o, "--data", lm ? TEXT : DIGITS));
    json_decref(json);
    const int code = ts_exit_code(&ctx);
    ts_ctx_close(&ctx);
    return code;
}

const ts_command ts_command_train = {
    "train", "(resnet | lm) [OPTION]...",
    "train a network on several ranks, which exchange gradients in one of many ways",
    "Ranks are threads of this process. What a cluster of such nodes and links would take is told by\n"
    "a virtual clock. The same settings give the same bits, a resumed training too.",
    options, run_train};
