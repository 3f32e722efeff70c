"""The chart is an image that shows every ratio."""

import xml.etree.ElementTree as ET

import pytest

from fastcluster.bench import chart, engines

NAMESPACE = "{http://www.w3.org/2000/svg}"


def report(title="some <case> & more", **ratios):
    walls = {
        name: {"median": value, "low": value / 2, "high": value * 2}
        for name, value in ratios.items()
    }
    return {
        "title": title,
        "data": {"n_samples": 1000, "n_features": 8},
        "engines": {"fastcluster": {"wall": {"median": 0.1}}},
        "ratios": {name: {"wall": wall} for name, wall in walls.items()},
    }


def bars(root):
    """Return (x, width, peer) of each bar."""
    rects = [rect for rect in root.iter(f"{NAMESPACE}rect") if len(rect)]
    return [(float(r.get("x")), float(r.get("width")), r[0].text) for r in rects]


def test_every_ratio_is_a_bar_from_1x():
    text = chart.svg([report(faiss=4.0, superkmeans=0.5), report("other", faiss=2.0)], "a < b")
    root = ET.fromstring(text)
    (four, half, two) = bars(root)
    assert [bar[2] for bar in (four, half, two)] == ["FAISS", "superkmeans", "FAISS"]
    one = four[0]
    assert half[0] + half[1] == pytest.approx(one, abs=0.2)
    # A logarithmic scale: 4x is twice as far from 1x as 2x, and 0.5x as far on the other side.
    assert four[1] == pytest.approx(2 * two[1], abs=0.2)
    assert half[1] == pytest.approx(two[1], abs=0.2)
    words = [element.text for element in root.iter(f"{NAMESPACE}text")]
    assert {"a < b", "some <case> & more", "4.0x", "0.50x", "2.0x"} <= set(words)


def test_everything_is_within_the_image():
    root = ET.fromstring(chart.svg([report(faiss=300.0, superkmeans=0.01)], "t"))
    width, height = float(root.get("width")), float(root.get("height"))
    for element in root.iter():
        assert 0 <= float(element.get("x", 0)) <= width - 20
        assert 0 <= float(element.get("y", 0)) <= height
        assert 0 <= float(element.get("x2", 0)) <= width


def test_many_peers_have_colours_of_their_own_and_names_within_the_image():
    peers = [name for name in engines.MODULES if name != "fastcluster"]
    root = ET.fromstring(chart.svg([report(**dict.fromkeys(peers, 2.0))], "t"))
    squares = [rect for rect in root.iter(f"{NAMESPACE}rect") if rect.get("width") == "11"]
    assert len({square.get("fill") for square in squares}) == len(peers)
    assert max(float(square.get("x")) for square in squares) < float(root.get("width")) - 80
    first = min(float(rect.get("y")) for rect in root.iter(f"{NAMESPACE}rect") if len(rect))
    assert max(float(square.get("y")) for square in squares) < first - 18


def test_a_long_name_is_cut():
    text = chart.svg([report("x" * 100, faiss=2.0)], "t")
    assert "x" * 45 + "…" in text
    assert "x" * 46 not in text


def test_without_a_ratio_there_is_no_chart():
    with pytest.raises(ValueError, match="needs at least one case"):
        chart.svg([report()], "t")
