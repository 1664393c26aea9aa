"""The words that people agree to: one text a purpose and version, of which one version is in force."""

from collections.abc import Mapping

from spendsense.errors import ConsentTextOutdated, NotFound
from spendsense.rulebook.types import ConsentText, Rulebook


def version_in_force(rulebook: Rulebook) -> str:
    """The version of the texts in force, one for both purposes."""
    return rulebook.consent_texts["analysis"].version


def texts_of(rulebook: Rulebook, version: str) -> Mapping[str, ConsentText]:
    """Purpose → text, of any version that ever was in force. Raises NotFound."""
    texts = rulebook.consent_versions.get(version)
    if texts is None:
        raise NotFound("There is no such version of the consent texts.")
    return texts


def require_in_force(rulebook: Rulebook, version: str) -> None:
    """Raises ConsentTextOutdated, which names the version in force, unless it is the one that was shown."""
    current = version_in_force(rulebook)
    if version != current:
        raise ConsentTextOutdated(current, is_known=version in rulebook.consent_versions)
