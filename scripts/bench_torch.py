"""Times of CPU PyTorch for `make bench`: one line "name seconds" an operation, best of three.

Same shapes as tests/bench/*.c. Usage: bench_torch.py THREADS wall|cpu [NAME ...]
For times without page faults, its allocator must keep what it has: MALLOC_MMAP_MAX_=0
MALLOC_TRIM_THRESHOLD_=1099511627776.
"""
import sys
import time

import torch
import torch.nn.functional as F

now = time.process_time if sys.argv[2:3] == ["cpu"] else time.perf_counter
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



def resnet50():
    """torchvision's ResNet-50 in torch.nn alone: forward, loss and backward in training mode."""
    from torch import nn

    class Block(nn.Module):
        def __init__(self, inputs, width, stride):
            super().__init__()
            out = 4 * width
            self.branch = nn.Sequential(
                nn.Conv2d(inputs, width, 1, bias=False), nn.BatchNorm2d(width), nn.ReLU(inplace=True),
                nn.Conv2d(width, width, 3, stride, 1, bias=False), nn.BatchNorm2d(width),
                nn.ReLU(inplace=True), nn.Conv2d(width, out, 1, bias=False), nn.BatchNorm2d(out))
            self.shortcut = nn.Identity() if inputs == out and stride == 1 else nn.Sequential(
                nn.Conv2d(inputs, out, 1, stride, bias=False), nn.BatchNorm2d(out))
            self.relu = nn.ReLU(inplace=True)

        def forward(self, x):
            y = self.branch(x)
            y += self.shortcut(x)
            return self.relu(y)

    layers = [nn.Conv2d(3, 64, 7, 2, 3, bias=False), nn.BatchNorm2d(64), nn.ReLU(inplace=True),
              nn.MaxPool2d(3, 2, 1)]
    inputs = 64
    for stage, count in enumerate((3, 4, 6, 3)):
        for i in range(count):
            layers.append(Block(inputs, 64 << stage, 2 if stage and not i else 1))
            inputs = 256 << stage
    model = nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(2048, 1000))
    x, target = torch.rand(16, 3, 96, 96) - 0.5, torch.arange(16) * 61 % 1000

    def step():
        with torch.enable_grad():
            model.zero_grad(set_to_none=True)
            F.cross_entropy(model(x), target).backward()
    return step


def many(count=25_000_000, cache=[]):
    """Magnitudes to select from, made when they are first asked for."""
    if not cache:
        cache.append(torch.randn(count).abs_())
    return cache[0]


def partition():
    """The 1 % of largest magnitudes by NumPy, after the first (which makes the numbers)."""
    import numpy
    x = many().numpy()
    return numpy.partition(x, x.size - x.size // 100)


items = {
    "topk_25m": lambda: torch.topk(many(), 250_000, sorted=False),
    "partition_25m": partition,
    "resnet50": resnet50(),
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
    if sys.argv[3:] and name not in sys.argv[3:]:
        continue
    best = float("inf")
    for i in range(4):
        begin = now()
        run()
        if i:
            best = min(best, now() - begin)
    print(name, best)
