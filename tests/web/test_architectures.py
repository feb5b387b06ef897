"""GET /api/architectures against published numbers, and what slides say of them."""

import pytest
from starlette.testclient import TestClient

# name: (depth, parameters, multiply-adds in units of 10^9, top-1): the last three are `num_params`,
# `_ops` and `acc@1` of the weights IMAGENET1K_V1 in torchvision/models/*.py
PUBLISHED = {
    "alexnet": (8, 61_100_840, 0.714, 56.522),
    "vgg11": (11, 132_863_336, 7.609, 69.020),
    "vgg11_bn": (11, 132_868_840, 7.609, 70.370),
    "vgg13": (13, 133_047_848, 11.308, 69.928),
    "vgg13_bn": (13, 133_053_736, 11.308, 71.586),
    "vgg16": (16, 138_357_544, 15.470, 71.592),
    "vgg16_bn": (16, 138_365_992, 15.470, 73.360),
    "vgg19": (19, 143_667_240, 19.632, 72.376),
    "vgg19_bn": (19, 143_678_248, 19.632, 74.218),
    "resnet18": (18, 11_689_512, 1.814, 69.758),
    "resnet34": (34, 21_797_672, 3.664, 73.314),
    "resnet50": (50, 25_557_032, 4.089, 76.130),
    "resnet101": (101, 44_549_160, 7.801, 77.374),
    "resnet152": (152, 60_192_808, 11.514, 78.312),
    "squeezenet1_1": (18, 1_235_496, 0.349, 58.178),
    "googlenet": (22, 6_624_904, 1.498, 69.778),
    "densenet121": (121, 7_978_856, 2.834, 74.434),
    "mobilenet_v2": (53, 3_504_872, 0.301, 71.878),
    "efficientnet_b0": (82, 5_288_548, 0.386, 77.692),
    "convnext_tiny": (59, 28_589_128, 4.456, 82.520),
}
OTHERS = ("lenet5", "cs231n", "tiny_vgg", "zfnet", "nin", "unet")  # of no table of torchvision's
# With the stride on the 3x3, as torchvision; and on the 1x1, as the paper and Distill's table.
FIELDS = {"resnet50": (427, 483), "resnet101": (971, 1027), "resnet152": (1451, 1507)}


def test_the_table_of_published_numbers(client: TestClient) -> None:
    rows = {row["name"]: row for row in client.get("/api/architectures").json()}
    assert {*OTHERS, *PUBLISHED} == set(rows)
    for name, (depth, parameters, gmacs, top1) in PUBLISHED.items():
        row = rows[name]
        assert (row["depth"], row["parameters"], row["top1"]) == (depth, parameters, top1), name
        assert round(row["macs"] / 1e9, 3) == gmacs, name
        assert row["parameter_bytes"] == 4 * parameters
        assert "torchvision" in row["top1_source"]
    for name in OTHERS:
        assert rows[name]["top1"] is None
        assert rows[name]["top1_source"] is None


@pytest.mark.parametrize("name", PUBLISHED)
def test_one_in_full(client: TestClient, name: str) -> None:
    answer = client.get(f"/api/architectures/{name}").json()
    assert sum(row["parameters"] for row in answer["rows"]) == PUBLISHED[name][1]
    assert answer["output"] == [1000]
    assert answer["problem"] is None
    assert answer["paper"]


@pytest.mark.parametrize(("name", "sizes"), FIELDS.items())
def test_both_conventions_of_the_stride(
    client: TestClient, name: str, sizes: tuple[int, int]
) -> None:
    for stride_on, size in zip(("3x3", "1x1"), sizes, strict=True):
        path = f"/api/architectures/{name}?stride_on={stride_on}"
        answer = client.get(path).json()
        assert answer["chosen"] == {"stride_on": stride_on}
        assert (answer["top1"] is None) == (stride_on == "1x1")
        last = [row for row in answer["rows"] if row["name"].startswith("layer4.")][-1]
        assert last["receptive_field"]["size"] == [size, size]
        assert answer["parameters"] == PUBLISHED[name][1]


def test_what_is_not_there(client: TestClient) -> None:
    response = client.get("/api/architectures/resnet5O")
    assert response.status_code == 422
    assert response.json()["suggestion"] == "resnet50"
    assert client.get("/api/architectures/vgg16?stride_on=1x1").status_code == 422
    assert client.get("/api/architectures/resnet50?stride_on=7x7").status_code == 422


def test_what_slides_say_is_checked(client: TestClient) -> None:
    facts = client.get("/api/lecture-facts").json()
    by_claim = {fact["claim"]: fact for fact in facts}
    right = [claim for claim, fact in by_claim.items() if fact["holds"]]
    assert len(by_claim) == 10
    assert any("8 layers and 61 million" in claim for claim in right)
    assert any("138 million" in claim for claim in right)
    assert any("456 parameters" in claim for claim in right)
    findings = {claim: fact["finding"] for claim, fact in by_claim.items() if not fact["holds"]}
    assert "GoogLeNet" in findings["VGG won ImageNet 2014."]
    assert "15.2 million" in next(said for claim, said in findings.items() if "96 MB" in claim)
    assert "54.25" in next(said for claim, said in findings.items() if "224 × 224" in claim)
    largest = next(fact for fact in facts if "first fully connected" in fact["claim"])
    assert largest["finding"].startswith("102,764,544, 74%")
