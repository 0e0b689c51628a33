import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger import edge_code

codes = st.builds(edge_code.for_entry, st.integers(min_value=0, max_value=32**6 - 1)) | st.builds(
    lambda seed: edge_code.new(), st.integers()
)


@given(codes)
def test_every_code_reads_back_from_its_printed_form(code: str) -> None:
    assert edge_code.parse(edge_code.display(code)) == code
    assert edge_code.parse(code.lower()) == code
    assert edge_code.parse(f"{code}+041") == f"{code}+041"


@given(codes, st.integers(0, 7), st.sampled_from(edge_code.ALPHABET))
def test_one_wrong_symbol_is_noticed(code: str, place: int, symbol: str) -> None:
    wrong = code[:place] + symbol + code[place + 1 :]
    if wrong != code:
        with pytest.raises(ValueError, match="typing error"):
            edge_code.parse(wrong)


@given(codes, st.integers(0, 6))
def test_two_swapped_neighbours_are_noticed(code: str, place: int) -> None:
    swapped = code[:place] + code[place + 1] + code[place] + code[place + 2 :]
    if swapped != code:
        with pytest.raises(ValueError, match="typing error"):
            edge_code.parse(swapped)


def test_letters_that_look_like_digits_are_read_as_digits() -> None:
    code = edge_code.for_entry(0)
    assert code.startswith("Z000000")
    assert edge_code.parse(code.replace("0", "O")) == code
    one = edge_code.for_entry(1)
    assert edge_code.parse(one.replace("1", "l")) == one


@pytest.mark.parametrize("text", ["", "EC", "7K3F2Q9", "7K3F2Q9DD", "7K3F-2QU9", "0" * 8 + "+1"])
def test_what_is_no_code_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(ValueError, match="EC 7K3F 2Q9D"):
        edge_code.parse(text)


@given(st.integers(min_value=0, max_value=32**6 - 1))
def test_entry_codes_carry_their_index(index: int) -> None:
    assert edge_code.entry_index(edge_code.for_entry(index)) == index


def test_other_codes_are_no_entries() -> None:
    assert all(edge_code.entry_index(edge_code.new()) is None for _ in range(200))


@pytest.mark.parametrize("index", [-1, 32**6])
def test_an_index_out_of_range_has_no_code(index: int) -> None:
    with pytest.raises(ValueError, match="outside"):
        edge_code.for_entry(index)
