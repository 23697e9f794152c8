/* info.c: what this build is, on what it runs, and what a checkpoint holds. */
#include "ref/base/par.h"
#include "ref/cli/command.h"
#include "ref/dit/dit.h"
#include "ref/io/file.h"
#include "ref/ops/table.h"
#include "ref/vae/vae.h"

#include <stdio.h>
#include <stdlib.h>
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

static void print_build(void)
{
    printf("touchstone   %s\ntables       ", TS_VERSION);
    for (int i = 0; ts_table_name(i); i++)
        printf("%s%s", i ? " " : "", ts_table_name(i));
    putchar('\n');
    if (*ts_blas_core())
        printf("blas core    %s%s\n", ts_blas_core(),
               getenv("OPENBLAS_CORETYPE") ? " (by OPENBLAS_CORETYPE)" : "");
    if (*ts_blas_core_wanted())
        printf("             %s would be faster, but could not be chosen\n",
               ts_blas_core_wanted());
    printf("bf16         linear layers on %s\n",
           ts_blas_bf16() ? "the processor's own products (--precision bf16, blas)"
                          : "f32 products: no AVX-512 BF16 here, or no blas");
    ts_par_threads(0);
    printf("threads      %d unless --threads says otherwise\n", ts_par_count());
    print_processor();
}

/* "14,713 parameters in 52 tensors, 58,852 bytes: F32": what a set of weights holds. */
static void print_weights(const char *name, const ts_weights *w)
{
    bool seen[TS_DTYPE_COUNT] = {false};
    double numbers = 0, bytes = 0;
    for (int64_t i = 0; i < ts_weights_count(w); i++) {
        const ts_tensor t = ts_weights_tensor(w, i);
        numbers += (double)ts_numel(t);
        bytes += (double)ts_numel(t) * (double)ts_dtype_size(t.dtype);
        seen[t.dtype] = true;
    }
    printf("%-16s %.0f numbers in %lld tensors, %.1f MB:", name, numbers,
           (long long)ts_weights_count(w), bytes / 1e6);
    for (int d = 0; d < TS_DTYPE_COUNT; d++)
        if (seen[d])
            printf(" %s", ts_dtype_name((ts_dtype)d));
    putchar('\n');
}

static void print_transformer(ts_ctx *ctx, ts_weights *w)
{
    ts_dit *dit = ts_dit_open(ctx, w, NULL);
    if (dit)
        printf("                 %lld double and %lld single blocks, %lld heads x %lld, in %lld, out "
               "%lld, text %lld, pooled %lld%s\n",
               (long long)dit->config.layers, (long long)dit->config.single_layers,
               (long long)dit->config.heads, (long long)dit->config.head_dim,
               (long long)dit->config.in_channels, (long long)dit->config.out_channels,
               (long long)dit->config.text_dim, (long long)dit->config.pooled_dim,
               dit->config.guidance ? ", guidance" : "");
    ts_dit_close(dit);
}

static void print_vae(ts_ctx *ctx, ts_weights *w)
{
    ts_vae *vae = ts_vae_open(ctx, w);
    if (vae)
        printf("                 %lld levels, %lld latent channels, factor %lld, scale %g, shift %g\n",
               (long long)vae->encoder.levels, (long long)vae->latent_channels,
               (long long)vae->factor, vae->scaling_factor, vae->shift_factor);
    ts_vae_close(vae);
}

/* A pipeline folder: each component that it has. The networks are opened, so that a parameter that
 * is missing or of a wrong size is said. */
static void print_folder(ts_ctx *ctx, const char *folder)
{
    static const char *const parts[] = {"transformer", "vae", "text_encoder", "text_encoder_2"};
    bool any = false;
    for (int i = 0; i < 4 && !ctx->status; i++) {
        char *path = ts_path_join(ctx, folder, parts[i]);
        if (path && ts_path_is_folder(path)) {
            ts_weights *w = ts_weights_open(ctx, folder, parts[i]);
            any = true;
            if (w)
                print_weights(parts[i], w);
            if (w && i == 0)
                print_transformer(ctx, w);
            if (w && i == 1)
                print_vae(ctx, w);
            ts_weights_close(w);
        }
        ts_free(path);
    }
    if (!any && !ctx->status) {
        ts_weights *w = ts_weights_open(ctx, folder, "transformer"); /* a component's own folder */
        if (w)
            print_weights(ts_config_text(ctx, w, "_class_name", "component"), w);
        ts_weights_close(w);
    }
}

static int print_checkpoint(const char *path)
{
    ts_ctx ctx;
    ts_ctx_open_plain(&ctx);
    printf("\n%s\n", path);
    if (ts_path_is_folder(path)) {
        print_folder(&ctx, path);
    } else {
        ts_weights *w = ts_weights_open_file(&ctx, path);
        if (w)
            print_weights("one file", w);
        ts_weights_close(w);
    }
    const int code = ts_exit_code(&ctx);
    ts_ctx_close(&ctx);
    return code;
}

static int run(const ts_options *o)
{
    int code = TS_EXIT_FINE;
    print_build();
    for (int i = 0; i < o->count; i++) {
        const int one = print_checkpoint(o->arguments[i]);
        code = one > code ? one : code;
    }
    return code;
}

static const ts_option options[] = {{0}};

const ts_command ts_command_info = {
    "info", "[CHECKPOINT]...", "what this build can do, and what a checkpoint holds",
    "CHECKPOINT is a pipeline folder, a component's folder, or a safetensors file.", options, run};
