"""The four methods as one would write them from the papers: what nmfbench is measured against.

Nothing here is clever. Each formula is written as it is printed, numpy evaluates it from left to
right, the reconstruction is formed and the loss looked at after every iteration, torch finds the
gradients. The starts are drawn as the package draws them, so that both walk the same way.

Every function takes a catalogue V (M x N), the rank K, the source of the start and the number of
iterations, and returns signatures (M x K, not scaled) and exposures (K x N). A tolerance above 0
ends it before, as soon as the loss changes by less, relative to itself.
"""

import numpy as np
import torch
from scipy.optimize import nnls

TINY = 1e-10  # smallest count and reconstruction inside a logarithm, as in the papers' code
SMALLEST = float(np.finfo(np.float32).eps)  # in every denominator of the released networks


def mse(V, R):
    return np.mean((V - R) ** 2)


def kld(V, R):
    V, R = np.maximum(V, TINY), np.maximum(R, TINY)
    return np.mean(V * np.log(V / R) - V + R)


class Stop:
    """Relative change of the loss below the tolerance."""

    def __init__(self, tolerance):
        self.tolerance, self.last = tolerance, float("inf")

    def __call__(self, loss):
        last, self.last = self.last, float(loss)
        return abs(last - self.last) < self.tolerance * last


def nmf_mse(V, rank, rng, iterations, tolerance=0.0):
    """Lee & Seung 2001, theorem 1."""
    S, E = rng.random((V.shape[0], rank)), rng.random((rank, V.shape[1]))
    stop = Stop(tolerance)
    for _ in range(iterations):
        E = E * (S.T @ V) / (S.T @ S @ E)
        S = S * (V @ E.T) / (S @ E @ E.T)
        if stop(mse(V, S @ E)):
            break
    return S, E


def nmf_kld(V, rank, rng, iterations, tolerance=0.0):
    """Lee & Seung 2001, theorem 2."""
    S, E = rng.random((V.shape[0], rank)), rng.random((rank, V.shape[1]))
    stop = Stop(tolerance)
    for _ in range(iterations):
        S = S * ((V / (S @ E)) @ E.T) / E.sum(axis=1)
        E = E * (S.T @ (V / (S @ E))) / S.sum(axis=0)[:, None]
        if stop(kld(V, S @ E)):
            break
    return S, E


def c_nmf_mse(V, rank, rng, iterations, tolerance=0.0):
    """Ding, Li & Jordan 2010, equations 23 and 24, with the N x N matrix X'X computed once.

    Both factors move at once, as in the code of Egendal et al. 2025. From left to right G W' X'X
    is a product of two N x N matrices.
    """
    G, W = rng.random((V.shape[1], rank)), rng.random((V.shape[1], rank))
    gram = V.T @ V
    stop = Stop(tolerance)
    for _ in range(iterations):
        towards_G = np.sqrt((gram @ W) / (G @ W.T @ gram @ W))
        towards_W = np.sqrt((gram @ G) / (gram @ W @ G.T @ G))
        G, W = G * towards_G, W * towards_W
        if stop(mse(V, V @ W @ G.T)):
            break
    return V @ W, G.T


def c_nmf_kld(V, rank, rng, iterations, tolerance=0.0):
    """James, Hobolth & Pelizzola 2026 (arXiv 2603.09601), Poisson case."""
    G, W = rng.random((V.shape[1], rank)), rng.random((V.shape[1], rank))
    stop = Stop(tolerance)
    for _ in range(iterations):
        S = V @ W
        G = G * ((V / (S @ G.T)).T @ S) / S.sum(axis=0)
        W = W * (V.T @ (V / (S @ G.T)) @ G) / np.outer(V.sum(axis=0), G.sum(axis=0))
        if stop(kld(V, V @ W @ G.T)):
            break
    return V @ W, G.T


def ae_nmf(V, rank, rng, iterations, tolerance=0.0, loss="mse", learning_rate=1e-4):
    """Egendal et al. 2025: torch.nn.Linear without biases, |weights|, Adam on the full batch."""
    X = torch.tensor(V, dtype=torch.float32)
    start = torch.tensor(rng.random((2, rank, V.shape[1])), dtype=torch.float32)
    W, G = (torch.nn.Parameter(weights.clone()) for weights in start)
    optimiser = torch.optim.Adam([W, G], lr=learning_rate)
    stop = Stop(tolerance)
    for _ in range(iterations):
        optimiser.zero_grad()
        R = torch.nn.functional.linear(X, W.abs()) @ G.abs()
        value = torch.nn.functional.mse_loss(R, X) if loss == "mse" else _torch_kld(X, R)
        value.backward()
        optimiser.step()
        if stop(value.item()):
            break
    W, G = (weights.detach().abs().numpy().astype(float) for weights in (W, G))
    return V @ W.T, G


def ae_nmf_mse(V, rank, rng, iterations, tolerance=0.0):
    return ae_nmf(V, rank, rng, iterations, tolerance, "mse")


def ae_nmf_kld(V, rank, rng, iterations, tolerance=0.0):
    return ae_nmf(V, rank, rng, iterations, tolerance, "kld")


def _torch_kld(V, R):
    V, R = V.clamp(min=TINY), R.clamp(min=TINY)
    return (V * torch.log(V / R) - V + R).mean()


class Layer(torch.nn.Module):
    """One unfolded update of the exposures, samples in rows: ``h * A v / (B h + l2 h + l1)``."""

    def __init__(self, A, B, l1, l2):
        super().__init__()
        self.A = torch.nn.Linear(A.shape[1], A.shape[0], bias=False)
        self.B = torch.nn.Linear(B.shape[1], B.shape[0], bias=False)
        self.l1, self.l2 = l1, l2
        with torch.no_grad():
            self.A.weight.copy_(A)
            self.B.weight.copy_(B)

    def forward(self, X, h):
        below = torch.add(self.B(h), self.l2 * h + self.l1 + SMALLEST)
        return torch.mul(torch.div(self.A(X), below), h)


class Network(torch.nn.Module):
    """Layers one after the other, from h = 1."""

    def __init__(self, A, B, l1, l2):
        super().__init__()
        self.layers = torch.nn.ModuleList([Layer(a, b, l1, l2) for a, b in zip(A, B, strict=True)])

    def forward(self, X):
        h = torch.ones(X.shape[0], self.layers[0].A.out_features)
        for layer in self.layers:
            h = layer(X, h)
        return h


def dnmf(V, rank, rng, iterations, loss, spread=0.0, penalty=0.0):
    """Nasser, Eldar & Sharan 2021, unsupervised, as released; NNLS after each step."""
    low, high = 1 - spread, 1 + spread
    A = 0.1 * rng.uniform(low, high, size=(10, rank, V.shape[0]))
    B = 0.1 * rng.uniform(low, high, size=(10, rank, rank))
    network = Network(torch.tensor(A), torch.tensor(B), penalty, penalty)
    optimiser = torch.optim.Adam(network.parameters(), lr=5e-4)
    X = torch.from_numpy(V.T).float()
    S = torch.full((rank, V.shape[0]), 1 / V.shape[0])
    for _ in range(iterations):
        h = network(X)
        optimiser.zero_grad()
        _dnmf_cost(X, S, h, loss, penalty).backward()
        optimiser.step()
        with torch.no_grad():
            for weights in network.parameters():
                weights.clamp_(min=0)
        S = torch.tensor(_signatures(V, h).T, dtype=torch.float32)
    with torch.no_grad():
        h = network(X)
    return _signatures(V, h), h.numpy().T.astype(float)


def dnmf_mse(V, rank, rng, iterations, **settings):
    return dnmf(V, rank, rng, iterations, "mse", **settings)


def _dnmf_cost(X, S, h, loss, penalty):
    R = h.mm(S)
    added = penalty * h.sum() + 0.5 * penalty * torch.pow(h, 2).sum()
    if loss == "mse":
        return (0.5 * torch.pow(X - R, 2).sum() + added) / len(X)
    X, R = X + SMALLEST, R + SMALLEST
    return torch.sum(X * torch.log(X / R) - X + R) + added


def _signatures(V, h):
    """One non-negative least-squares problem per channel."""
    H = h.detach().numpy()
    return np.array([nnls(H, counts)[0] for counts in V])
