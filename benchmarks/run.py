"""All measurements, one after the other, on a product of their own."""

from benchmarks import listing, registration, verification
from benchmarks.measure import table
from tests import factories


def run() -> None:
    """Measure and print. Django is set up, its database migrated and empty."""
    studio, lab = factories.studio("Studio"), factories.lab("Lab")
    key = factories.api_key(studio)
    found = registration.measure(studio, key)
    print(table("A film of 1 GB is registered", found), flush=True)
    film, still = verification.film(), verification.still()
    found = verification.measure(studio, lab, key, film, mime="video/mp4", most=2)
    print(table("A film of 5 MB is verified", found), flush=True)
    found = verification.measure(studio, lab, key, still, mime="image/jpeg", most=3)
    print(table("A JPEG of 200 KB is verified", found), flush=True)
    found = listing.measure(studio, key)
    print(table("The first page of 100,000 titles", found), flush=True)
