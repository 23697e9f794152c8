"""Times of CPU PyTorch for `make bench`: one line "name seconds" an operation, best of two.

Same shapes as tests/bench/*.c. Usage: bench_torch.py THREADS wall|cpu
"""
import sys
import time

import torch
import torch.nn.functional as F

now = time.process_time if sys.argv[2:] == ["cpu"] else time.perf_counter
torch.set_num_threads(int(sys.argv[1]))
torch.set_grad_enabled(False)
torch.manual_seed(0)
x = torch.rand(8192, 3072) - 0.5
a = torch.rand(768, 3072) - 0.5
w = torch.rand(3072, 3072) - 0.5
b = torch.rand(3072)
a16, w16, b16 = a.bfloat16(), w.bfloat16(), b.bfloat16()
heads = torch.rand(1, 24, 2560, 128) - 0.5
picture = torch.rand(1, 512, 64, 64) - 0.5
kernel = torch.rand(512, 512, 3, 3) - 0.5
scores = x.flatten()[: 8192 * 2560].view(8192, 2560)

items = {
    "linear": lambda: F.linear(a, w, b),
    "linear_bf16": lambda: F.linear(a16, w16, b16),
    "attention": lambda: F.scaled_dot_product_attention(heads, heads, heads),
    "conv": lambda: F.conv2d(picture, kernel, b[:512], padding=1),
    "layer_norm": lambda: F.layer_norm(x, (3072,), eps=1e-6),
    "gelu": lambda: F.gelu(x, approximate="tanh"),
    "silu": lambda: F.silu(x),
    "softmax": lambda: F.softmax(scores, -1),
}
print("version", torch.__version__)
for name, run in items.items():
    best = float("inf")
    for i in range(3):
        begin = now()
        run()
        if i:
            best = min(best, now() - begin)
    print(name, best)
