"""Money without Django, floats or a clock: integer minor units and an ISO 4217 code.

A minor unit is what ISO 4217 says it is (a cent, a won, a fils). Stripe counts some currencies
otherwise; `stripe_amount` and `from_stripe_amount` are the only places that know.
"""

import copy
import re
from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction

from babel import Locale, UnknownLocaleError
from babel.numbers import get_currency_symbol

# ISO 4217 list one, active codes, without funds, precious metals and test codes.
_CODES_BY_DIGITS = {
    2: (
        "AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BRL BSD BTN BWP"
        " BYN BZD CAD CDF CHF CNY COP CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP"
        " GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW"
        " KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR"
        " MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR"
        " SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS"
        " UAH USD UYU UZS VES WST XCD XCG YER ZAR ZMW ZWG"
    ),
    0: "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF",
    3: "BHD IQD JOD KWD LYD OMR TND",
}
MINOR_DIGITS: Mapping[str, int] = {
    code: digits for digits, codes in _CODES_BY_DIGITS.items() for code in codes.split()
}
CURRENCIES = tuple(sorted(MINOR_DIGITS))
# A PostgreSQL or SQLite bigint holds it with room for sums of a thousand such amounts.
MAX_MINOR = 10**15

# Stripe's own count, where it differs from ISO 4217 (docs.stripe.com/currencies, special cases):
# ISK and UGX are sent as hundredths that must be 00, MGA as whole ariary.
_STRIPE_DIGITS = {"ISK": 2, "UGX": 2, "MGA": 0}
# Charged in hundredths but paid out in whole units only: what comes in must be able to go out.
_STRIPE_WHOLE_PAYOUTS = frozenset({"HUF", "TWD"})
_AMOUNT = re.compile(r"\d{1,16}(?:\.\d{1,16})?", re.ASCII)


def minor_digits(currency: str) -> int:
    """Return how many decimals `currency` has. ValueError for a code ISO 4217 does not list."""
    try:
        return MINOR_DIGITS[currency]
    except KeyError:
        raise ValueError(
            f"unknown currency {currency[:8]!r}: use an ISO 4217 code such as USD or KRW"
        ) from None


def parse_amount(text: str, currency: str) -> int:
    """Return the minor units of a decimal string: `parse_amount("12.50", "USD")` is 1250.

    Plain digits with an optional point, no sign, no grouping, no exponent. Never rounds:
    ValueError for more decimals than the currency has, a negative or too large amount, an
    unknown currency.
    """
    digits = minor_digits(currency)
    text = text.strip()
    if text.startswith("-"):
        raise ValueError("the amount is negative: it must be zero or more")
    if _AMOUNT.fullmatch(text) is None:
        raise ValueError("not an amount: write digits and at most one point, such as 12.50")
    whole, _, decimals = text.partition(".")
    if len(decimals) > digits:
        most = f"has {digits} decimals at most" if digits else "has no decimals"
        raise ValueError(f"too many decimals: {currency} {most}")
    minor = int(whole + decimals.ljust(digits, "0"))
    if minor > MAX_MINOR:
        raise ValueError(f"the amount is too large: at most {plain_amount(MAX_MINOR, currency)}")
    return minor


def plain_amount(minor: int, currency: str) -> str:
    """Return minor units as the decimal string that `parse_amount` reads: 1250 USD is `12.50`."""
    digits = minor_digits(currency)
    sign, text = "-" if minor < 0 else "", str(abs(minor)).rjust(digits + 1, "0")
    return sign + (f"{text[:-digits]}.{text[-digits:]}" if digits else text)


def format_amount(minor: int, currency: str, locale: str) -> str:
    """Return an amount as people write it in `locale` ("en", "ko-KR"): `$12.50`, `₩12,500`.

    All decimals of ISO 4217 are shown: CLDR's own display digits would round IQD and others.
    ValueError for an unknown currency or locale.
    """
    digits = minor_digits(currency)
    try:
        parsed = Locale.parse(locale.replace("-", "_"))
    except (UnknownLocaleError, ValueError):
        raise ValueError(f"unknown locale {locale[:20]!r}: use a code such as en or ko") from None
    pattern = copy.copy(parsed.currency_formats["standard"])  # Babel shares one per locale
    pattern.frac_prec = (digits, digits)
    amount: str = pattern.apply(
        Decimal(minor).scaleb(-digits), parsed, currency=currency, currency_digits=False
    )
    # Where the symbol is the bare code, CLDR puts a no-break space between; Babel leaves it out.
    if get_currency_symbol(currency, parsed) == currency:
        amount = re.sub(rf"(?<={currency})(?=\d)", "\N{NO-BREAK SPACE}", amount)
    return amount


def split(total_minor: int, shares: Mapping[str, Fraction]) -> dict[str, int]:
    """Divide `total_minor` by exact shares that sum to one; the parts sum to the total.

    Largest remainder: everyone gets the whole units of the exact part, and the units left over
    go one each to the largest remainders, ties in the order of the names. ValueError when the
    shares do not sum to exactly one, one is negative, or the total is.
    """
    if total_minor < 0:
        raise ValueError("the total to split is negative: it must be zero or more")
    if any(share < 0 for share in shares.values()):
        raise ValueError("a share is negative: shares are between 0 and 1")
    if sum(shares.values(), Fraction(0)) != 1:
        raise ValueError("the shares do not sum to exactly 1")
    exact = {name: total_minor * share for name, share in shares.items()}
    parts = {name: int(part) for name, part in exact.items()}
    left = total_minor - sum(parts.values())
    by_remainder = sorted(exact, key=lambda name: (parts[name] - exact[name], name))
    for name in by_remainder[:left]:
        parts[name] += 1
    return parts


def stripe_amount(minor: int, currency: str) -> int:
    """Return the integer that Stripe's API takes for `minor` ISO units of `currency`.

    Three-decimal currencies must end in 0; ISK and UGX travel as hundredths, MGA as whole units;
    HUF and TWD must be whole, or they could be collected but never paid out. ValueError, with
    the rule broken, when Stripe could not carry exactly this amount.
    """
    digits = minor_digits(currency)
    if digits == 3 and minor % 10:
        raise ValueError(f"card payments in {currency} need a last decimal of 0")
    if currency in _STRIPE_WHOLE_PAYOUTS and minor % 100:
        raise ValueError(f"card payments in {currency} need a whole amount, without decimals")
    amount = minor * Fraction(10) ** (_STRIPE_DIGITS.get(currency, digits) - digits)
    if amount.denominator != 1:
        raise ValueError(f"card payments in {currency} need a whole amount, without decimals")
    return int(amount)


def from_stripe_amount(amount: int, currency: str) -> int:
    """Return the ISO minor units of an amount that Stripe reports. ValueError if not exact."""
    digits = minor_digits(currency)
    minor = amount * Fraction(10) ** (digits - _STRIPE_DIGITS.get(currency, digits))
    if minor.denominator != 1:
        raise ValueError(f"Stripe reports a fraction of the smallest unit of {currency}")
    return int(minor)
