"""A verdict in plain words, in English and in Korean: what it proves and what it does not."""

from collections.abc import Iterator
from datetime import UTC
from typing import Any, Final

from edgecode.audit.words import plain
from edgecode.verify.verdict import Check, Name, Outcome, Verdict
from edgecode.verify.vocabulary import Words, worded

LANGUAGES: Final = ("en", "ko")

_HEADLINES: Final[dict[Name, Words]] = {
    Name.LICENSED: (
        "This file is what was signed, its signer is trusted, and a licence was granted.",
        "이 파일은 서명된 그대로이고, 서명자를 신뢰할 수 있으며, 이용이 허락되었습니다.",
    ),
    Name.MADE: (
        "This file is what was signed, its signer is trusted, and its maker declared it.",
        "이 파일은 서명된 그대로이고, 서명자를 신뢰할 수 있으며, 제작자가 신고한 것입니다.",
    ),
    Name.MADE_IN_DOUBT: (
        "This file is authentic, but there is doubt about what it was made under or from.",
        "이 파일은 진본이지만, 제작의 근거나 재료에 의문이 있습니다.",
    ),
    Name.NOT_IN_FORCE: (
        "This file is authentic, but its licence is not in force at that time.",
        "이 파일은 진본이지만, 해당 시점에 이용 허락의 효력이 없습니다.",
    ),
    Name.UNPROVEN: (
        "This file is authentic, but whether what it says was recorded and stands cannot be told.",
        "이 파일은 진본이지만, 담긴 내용이 기록되어 유효한지 판단할 수 없습니다.",
    ),
    Name.DISPUTED: (
        "This file bears a trusted signature, but what it says does not hold together.",
        "이 파일에 신뢰할 수 있는 서명이 있지만, 담긴 내용이 서로 맞지 않습니다.",
    ),
    Name.NO_GRANT: (
        "This file is what a trusted signer signed, but it names no licence.",
        "이 파일은 신뢰할 수 있는 서명자가 서명한 그대로이지만, 이용 허락을 밝히지 않습니다.",
    ),
    Name.STRANGER: (
        "This file is intact, but nobody you trust vouches for its signer.",
        "이 파일은 온전하지만, 신뢰하는 누구도 서명자를 보증하지 않습니다.",
    ),
    Name.ALTERED: (
        "This file was changed after it was signed.",
        "이 파일은 서명된 뒤에 변경되었습니다.",
    ),
    Name.UNSIGNED: (
        "This file carries no credential. Where it comes from cannot be told.",
        "이 파일에는 크리덴셜이 없습니다. 출처를 알 수 없습니다.",
    ),
    Name.UNREADABLE: ("This file could not be read.", "이 파일을 읽지 못했습니다."),
}
_STOPPED: Final[Words] = (
    "Reading this file took more than is allowed, so nothing can be said of it.",
    "이 파일을 읽는 데 허용된 한도를 넘어, 파일에 대해 아무것도 말할 수 없습니다.",
)
# Where what was asked about is not the file alone: by what a check says.
_HEADLINES_OF: Final[dict[str, Words]] = {
    "reader.clock": (
        "This machine was too slow or too busy to read the file, so nothing can be said of it.",
        "이 컴퓨터가 느리거나 바빠서 파일을 다 읽지 못했고, 아무것도 말할 수 없습니다.",
    ),
    "reader.memory": _STOPPED,
    "reader.work": _STOPPED,
    "credential.beside": (
        "This file carries no credential itself, and the one that lies beside it was not named.",
        "이 파일 자체에는 크리덴셜이 없고, 옆에 있는 크리덴셜은 지정되지 않았습니다.",
    ),
    "credential.alone": (
        "This is a credential by itself, without the file that it was signed for.",
        "크리덴셜만 있고, 서명된 파일은 지정되지 않았습니다.",
    ),
    "integrity.beside": (
        "The credential beside this file is not this file's, or one of the two was changed.",
        "함께 둔 크리덴셜이 이 파일의 것이 아니거나, 둘 가운데 하나가 변경되었습니다.",
    ),
    "reader.sidecar": (
        "The .c2pa file beside this file could not be read.",
        "함께 둔 .c2pa 파일을 읽지 못했습니다.",
    ),
    "input.sidecar": (
        "The .c2pa file beside this file could not be read.",
        "함께 둔 .c2pa 파일을 읽지 못했습니다.",
    ),
    "input.trust": (
        "The file that says whom you trust could not be read.",
        "누구를 신뢰하는지 적은 파일을 읽지 못했습니다.",
    ),
    "input.status": (
        "The status list could not be read.",
        "상태 목록을 읽지 못했습니다.",
    ),
}
_UNREAD: Final[Words] = (
    "What it takes to tell could not be read: {why}.",
    "판단에 필요한 것을 읽지 못했습니다: {why}.",
)
_SAID: Final[dict[str, Words]] = {
    "integrity.intact": (
        "The content is exactly what was signed.",
        "내용이 서명된 것과 정확히 같습니다.",
    ),
    "integrity.covered": (
        "What C2PA's hash covers is what was signed; it does not cover all of this file.",
        "C2PA 해시가 보호하는 부분은 서명된 것과 같지만, 해시가 파일 전체를 보호하지는 않습니다.",
    ),
    "integrity.altered": (
        "The content is not what was signed ({codes}).",
        "내용이 서명된 것과 다릅니다 ({codes}).",
    ),
    "integrity.beside": (
        "The content is not what the credential beside it was signed for ({codes}).",
        "내용이 함께 둔 크리덴셜이 서명된 내용과 다릅니다 ({codes}).",
    ),
    "signer.trusted": (
        "Signed by {name}, certified by {issuer}, under a root that you trust for claims.",
        "서명자 {name}. 인증 기관 {issuer}. 클레임용으로 신뢰하는 루트 아래에 있습니다.",
    ),
    "signer.development": (
        (
            "Signed by {name}, of an installation's own development authority: trust it no further"
            " than the file of roots that you were given."
        ),
        (
            "서명자 {name}. 설치본 자체의 개발용 인증 기관입니다. 받은 루트 파일 이상으로 신뢰하지"
            " 마십시오."
        ),
    ),
    "signer.expired": (
        (
            "The certificate of {name} has expired, and no trusted time stamp shows that it signed"
            " before."
        ),
        (
            "{name}의 인증서가 만료되었고, 그 전에 서명했음을 보이는 신뢰할 수 있는 타임스탬프가"
            " 없습니다."
        ),
    ),
    "signer.revoked": (
        (
            "The certificate of {name} was revoked, as an answer of its authority says that the"
            " credential carries, and no trusted time stamp shows that it signed before."
        ),
        (
            "{name}의 인증서는 폐지되었습니다. 크리덴셜에 담긴 인증 기관의 응답에 따른 것이며,"
            " 그 전에 서명했음을 보이는 신뢰할 수 있는 타임스탬프가 없습니다."
        ),
    ),
    "signer.altered": (
        (
            "It names {name} as its signer. The signature does not fit, so it does not say who"
            " stands behind this file."
        ),
        "서명자로 {name} 이름이 적혀 있습니다. 서명이 맞지 않아 누가 보증하는지 알 수 없습니다.",
    ),
    "signer.nobody": (
        "It calls its signer {name}; anybody can. No root that you trust for claims is above it.",
        (
            "서명자 이름은 {name}. 이름은 누구나 그렇게 쓸 수 있으며, 클레임용으로 신뢰하는"
            " 루트가 없습니다."
        ),
    ),
    "signer.other": (
        (
            "Signed by {name} ({subject}), certified by {issuer} under a root that you trust for"
            " claims. Your file of roots names others as those who sign; whoever else its"
            " authorities certify does not count."
        ),
        (
            "서명자 {name} ({subject}). 인증 기관 {issuer}. 클레임용으로 신뢰하는 루트 아래에"
            " 있지만, 받은 루트 파일에 적힌 서명자가 아닙니다. 같은 기관이 인증한 다른 곳은"
            " 인정하지 않습니다."
        ),
    ),
    "identity.trusted": (
        "{name} signed the statement of rights as well; it names {licensor} as the licensor.",
        "{name} 측도 권리 표시에 서명했습니다. 권리자: {licensor}.",
    ),
    "identity.development": (
        (
            "Signed as well in the name of {licensor}, by an identity that an installation made"
            " for it ({name}): that proves nothing of {licensor}."
        ),
        (
            "설치본이 만든 신원({name})이 {licensor}의 이름으로도 서명했습니다. {licensor} 측이"
            " 서명했다는 증명은 아닙니다."
        ),
    ),
    "identity.unknown": (
        "Somebody who is called {name} signed it as well; no root that you trust vouches for them.",
        "{name} 측도 서명했지만, 신뢰하는 루트가 보증하지 않습니다.",
    ),
    "identity.over": (
        (
            "Somebody who is called {name} signed it as well, under a certificate that is not valid"
            " now: it no longer tells who that was."
        ),
        ("{name} 측도 서명했지만, 그 인증서가 지금은 유효하지 않아 누구인지 확인할 수 없습니다."),
    ),
    "identity.elsewhere": (
        "{name} signed something in it, but not the licence.",
        "{name} 측이 일부에 서명했지만, 이용 허락에는 서명하지 않았습니다.",
    ),
    "identity.other": (
        "{name} signed the statement of rights, which names another as the licensor: {licensor}.",
        "{name} 측이 권리 표시에 서명했지만, 권리자는 다른 곳으로 적혀 있습니다: {licensor}.",
    ),
    "identity.many": (
        "More than one signed something in it; which of them stands for what it says is not clear.",
        "둘 이상이 서명해, 누가 그 내용을 보증하는지 분명하지 않습니다.",
    ),
    "identity.broken": (
        "The signature of {name} on the statement of rights does not hold.",
        "권리 표시에 대한 {name}의 서명이 맞지 않습니다.",
    ),
    "time.trusted": (
        "Signed no later than {time}, says {authority}.",
        "{time} 이전에 서명되었습니다. 타임스탬프 기관: {authority}.",
    ),
    "time.development": (
        (
            "Signed no later than {time}, says {authority}, an installation's own development"
            " authority: that proves no time against the installation."
        ),
        (
            "{time} 이전에 서명되었습니다. 타임스탬프 기관 {authority}. 설치본 자체의 개발용"
            " 기관이므로, 그 설치본에 맞서 시각을 증명하지는 못합니다."
        ),
    ),
    "time.untrusted": (
        "{authority} says it was signed by {time}; you do not trust it for that.",
        "{authority}에 따르면 {time} 이전에 서명되었지만, 이 기관을 신뢰하지 않습니다.",
    ),
    "time.none": (
        "No time stamp proves when it was signed.",
        "언제 서명되었는지 증명하는 타임스탬프가 없습니다.",
    ),
    "hash.same": (
        "Byte for byte the file that was registered: SHA-256 {sha256}.",
        "등록된 파일과 한 바이트도 다르지 않습니다. SHA-256 {sha256}.",
    ),
    "hash.whole": (
        "Byte for byte the file that was signed: SHA-256 {sha256}.",
        "서명된 파일과 한 바이트도 다르지 않습니다. SHA-256 {sha256}.",
    ),
    "hash.other": (
        "Not the file that the credential was given for: SHA-256 {sha256}.",
        "크리덴셜이 발급된 파일이 아닙니다. SHA-256 {sha256}.",
    ),
    "hash.more": (
        "Something was added where C2PA's hash does not look: SHA-256 {sha256}.",
        "C2PA 해시가 보지 않는 곳에 무언가 덧붙여졌습니다. SHA-256 {sha256}.",
    ),
    "hash.index": (
        (
            "The index of its fragments, at its end, is not covered by what was signed and may have"
            " been added: SHA-256 {sha256}. Compare it with the one on your delivery."
        ),
        (
            "파일 끝에 있는 조각 색인은 서명으로 보호되지 않으며 나중에 덧붙여졌을 수"
            " 있습니다. SHA-256 {sha256}. 전달받은 값과 비교하십시오."
        ),
    ),
    "inside.other": (
        "The file carries another credential inside than the one beside it: {manifest}.",
        "파일 안에 따로 받은 것과 다른 크리덴셜이 들어 있습니다: {manifest}.",
    ),
    "inside.own": (
        "The file carries a credential of its own: without --sidecar that one is asked about.",
        "파일 안에 자체 크리덴셜이 있습니다. --sidecar 없이 실행하면 그것을 확인합니다.",
    ),
    "hash.elsewhere": (
        (
            "SHA-256 {sha256}. No file can hold the hash of all of itself: compare it with the one"
            " on your delivery."
        ),
        "SHA-256 {sha256}. 파일은 자기 전체의 해시를 담을 수 없으니, 전달받은 값과 비교하십시오.",
    ),
    "grant.none": ("It names no licence of this kind.", "이런 종류의 이용 허락을 밝히지 않습니다."),
    "term.runs": (
        (
            "Grant {grant}: {licensor} licensed it to {licensee}, {exclusivity}, for: {uses}. Kinds"
            " of model: {model_kinds}. Territory: {territory}. Begins: {start}; ends: {end}."
        ),
        (
            "이용 허락 {grant}: {licensor} → {licensee}, {exclusivity}. 용도: {uses}. 모델 종류:"
            " {model_kinds}. 지역: {territory}. 시작: {start}, 종료: {end}."
        ),
    ),
    "term.pending": (
        "Grant {grant} to {licensee} had not begun: it runs from {start}.",
        "{licensee} 측의 이용 허락 {grant} 기간이 아직 시작되지 않았습니다. 시작: {start}.",
    ),
    "term.over": (
        "Grant {grant} to {licensee} was over: it ended {end}.",
        "{licensee} 측의 이용 허락 {grant} 기간이 끝났습니다. 종료: {end}.",
    ),
    "term.unissued": (
        "Grant {grant} to {licensee} had not been issued then: it was on {issued}.",
        "그때는 {licensee} 측의 이용 허락 {grant} 발급 전이었습니다. 발급: {issued}.",
    ),
    "part.cut": (
        "A part of a licensed file: {first} to {last} of it.",
        "허락된 파일의 일부입니다. 구간: {first}~{last}.",
    ),
    "extent.less": (
        (
            "The licence does not extend to parts of it: {passages}. They are of others and were"
            " left out by the licensor's declaration; nobody has examined whether they are in the"
            " file."
        ),
        (
            "이용 허락이 미치지 않는 부분이 있습니다: {passages}. 다른 권리자의 것으로, 허락자의"
            " 신고에 따라 제외되었습니다. 파일에 들어 있는지는 아무도 확인하지 않았습니다."
        ),
    ),
    "grant.form": (
        "It states the licence in a form that this program does not know: {schema}.",
        "이 프로그램이 모르는 형식으로 이용 허락을 적고 있습니다: {schema}.",
    ),
    "past.broken": (
        "It was made from something that did not match its own credential: {names}.",
        "자체 크리덴셜과 맞지 않는 것으로 만들어졌습니다: {names}.",
    ),
    "term.malformed": (
        "The term of grant {grant} cannot be read.",
        "이용 허락 {grant}의 기간을 읽을 수 없습니다.",
    ),
    "consent.runs": (
        "Rests on consent {consent} for: {attributes}; ends: {end}.",
        "동의 {consent}에 근거합니다. 대상: {attributes}, 종료: {end}.",
    ),
    "consent.pending": (
        "Consent {consent}, which it rests on, had not begun.",
        "근거가 되는 동의 {consent}의 기간이 아직 시작되지 않았습니다.",
    ),
    "consent.over": (
        "Consent {consent}, which it rests on, ended {end}.",
        "근거가 되는 동의 {consent}의 기간이 끝났습니다. 종료: {end}.",
    ),
    "consent.none": (
        "Every consent that it rested on has ended and was struck out of it: {count}.",
        "근거가 된 동의 {count}건이 모두 끝나 지워졌습니다.",
    ),
    "consent.before": (
        "Consents were struck out of it later: {count}. Whether one stood then, it does not tell.",
        "그 뒤에 동의 {count}건이 지워졌습니다. 해당 시점에 유효했는지는 담겨 있지 않습니다.",
    ),
    "consent.malformed": (
        "The term of consent {consent} cannot be read.",
        "동의 {consent}의 기간을 읽을 수 없습니다.",
    ),
    "log.proven": (
        (
            "In the log {origin} since {since}, entry {index}, under a signed checkpoint of {size}"
            " entries."
        ),
        "공개 기록부 {origin}에 {since}부터 있는 기록 {index}. 체크포인트의 기록 수: {size}.",
    ),
    "log.unknown": (
        "It names entry {index} of the log {origin}; you gave no key of that log.",
        "공개 기록부 {origin}의 기록 {index} 번을 가리키지만, 그 키가 주어지지 않았습니다.",
    ),
    "log.absent": (
        "It names entry {index} of the log {origin}, but carries no entry to check offline.",
        (
            "공개 기록부 {origin}의 기록 {index} 번을 가리키지만, 오프라인으로 확인할 기록을"
            " 담고 있지 않습니다."
        ),
    ),
    "log.broken": (
        "The proof that it is in the log {origin} does not hold.",
        "공개 기록부 {origin}에 있다는 증명이 맞지 않습니다.",
    ),
    "status.valid": (
        "The status list of {issued} says that the grant stands.",
        "{issued}의 상태 목록에 따르면 이용 허락이 유효합니다.",
    ),
    "status.invalid": (
        "The status list of {issued} says that the grant has ended.",
        "{issued}의 상태 목록에 따르면 이용 허락이 끝났습니다.",
    ),
    "status.ended": (
        (
            "The status list of {issued} says that a grant that it was made under has ended, or"
            " that an amended one has taken its place: which of them, ask online."
        ),
        (
            "{issued}의 상태 목록에 따르면 제작에 쓰인 이용 허락이 끝났거나, 변경된 이용 허락으로"
            " 바뀌었습니다. 어느 쪽인지는 온라인에서 확인해야 합니다."
        ),
    ),
    "status.ended_by": (
        (
            "The status list of {issued} says that the grant has ended, not since when: whether it"
            " stood at the time that was asked about, ask online."
        ),
        (
            "{issued}의 상태 목록에 따르면 이용 허락이 끝났으나, 언제 끝났는지는 알 수 없습니다."
            " 물어본 시점에 유효했는지는 온라인으로 확인하세요."
        ),
    ),
    "status.suspended": (
        "The status list of {issued} says that the grant may not be used yet.",
        "{issued}의 상태 목록에 따르면 아직 이용할 수 없습니다.",
    ),
    "status.consent_ended": (
        (
            "The status list of {issued} says that the grant stands, but that a consent has ended"
            " which files of it rested on. Ask online whether this one did: it may then not be"
            " used."
        ),
        (
            "{issued}의 상태 목록에 따르면 이용 허락은 유효하지만, 일부 파일의 근거가 된 동의가"
            " 끝났습니다. 이 파일도 해당하면 이용할 수 없으니 온라인으로 확인하십시오."
        ),
    ),
    "status.early": (
        "The status list says that it was signed at a time to come: {issued}.",
        "상태 목록의 서명 시각이 아직 오지 않은 때입니다: {issued}.",
    ),
    "status.elsewhere": (
        "The status list is not the one that the credential names.",
        "상태 목록이 크리덴셜이 가리키는 목록이 아닙니다.",
    ),
    "status.old": (
        "The status list of {issued} is too old to say anything.",
        "{issued}의 상태 목록은 너무 오래되었습니다.",
    ),
    "status.unreadable": (
        "The status list cannot be believed: {reason}.",
        "상태 목록을 신뢰할 수 없습니다: {reason}.",
    ),
    "maker.trusted": (
        "{name} signed the declaration as well; it names {licensor} as the maker.",
        "{name} 측도 신고 내용에 서명했습니다. 만든 쪽: {licensor}.",
    ),
    "maker.development": (
        (
            "The declaration is signed as well in the name of {licensor}, by an identity that an"
            " installation made for it ({name}): that proves nothing of {licensor}."
        ),
        (
            "설치본이 만든 신원({name})이 {licensor}의 이름으로 신고 내용에도 서명했습니다."
            " {licensor} 측이 서명했다는 증명은 아닙니다."
        ),
    ),
    "maker.elsewhere": (
        "{name} signed something in it, but not the declaration.",
        "{name} 측이 일부에 서명했지만, 신고 내용에는 서명하지 않았습니다.",
    ),
    "maker.other": (
        "{name} signed the declaration, which names another as the maker: {licensor}.",
        "{name} 측이 신고 내용에 서명했지만, 만든 쪽은 다른 곳으로 적혀 있습니다: {licensor}.",
    ),
    "maker.many": (
        "More than one signed something in it; which of them stands for it is not clear.",
        "둘 이상이 서명해, 누가 신고 내용을 보증하는지 분명하지 않습니다.",
    ),
    "maker.broken": (
        "The signature of {name} on the declaration does not hold.",
        "신고 내용에 대한 {name}의 서명이 맞지 않습니다.",
    ),
    "output.declared": (
        (
            "Output {output} ({kind}): {maker} declared to have made it on {made}, for: {use}."
            " Territory: {territory}."
        ),
        (
            "결과물 {output} ({kind}): {maker} 측이 제작했다고 신고했습니다. 제작: {made}, 용도:"
            " {use}, 지역: {territory}."
        ),
    ),
    "grants.named": (
        "Made with files of these grants (how many of each): {grants}.",
        "제작에 쓰인 이용 허락(괄호는 파일 수): {grants}.",
    ),
    "grants.none": (
        "Made under consents alone, with no granted file.",
        "이용 허락을 받은 파일 없이 동의만으로 제작되었습니다.",
    ),
    "grants.over": (
        "Made with files of these grants: {grants}. Of them these have ended since: {over}.",
        "제작에 쓰인 이용 허락: {grants}. 그 가운데 이후 끝난 것: {over}.",
    ),
    "grants.unnamed": (
        (
            "Made with files of these grants: {grants}. It was made from a file, too, that was"
            " delivered under another one, which it does not name: {others}."
        ),
        (
            "제작에 쓰인 이용 허락: {grants}. 그 밖에 신고하지 않은 이용 허락으로 받은 파일도"
            " 쓰였습니다: {others}."
        ),
    ),
    "grants.before": (
        (
            "Made with files of these grants: {grants}. It was made from a file, too, that its"
            " maker had been given under another one: {others}. Whether one of these has taken the"
            " place of that, ask online."
        ),
        (
            "제작에 쓰인 이용 허락: {grants}. 그 밖에 제작자가 다른 이용 허락으로 받은 파일도"
            " 쓰였습니다: {others}. 위의 이용 허락이 이를 대신하는지는 온라인에서 확인해야 합니다."
        ),
    ),
    "grants.untold": (
        (
            "Made with files of these grants: {grants}. It was made from a file, too, whose"
            " credential is not what was signed: under which grant that one was delivered, ask"
            " online."
        ),
        (
            "제작에 쓰인 이용 허락: {grants}. 그 밖에 크리덴셜이 서명된 것과 다른 파일도"
            " 쓰였습니다. 어떤 이용 허락으로 받은 파일인지는 온라인에서 확인해야 합니다."
        ),
    ),
    "made.later": (
        "It says that it was made only later: {made}.",
        "그 뒤에 제작되었다고 적혀 있습니다: {made}.",
    ),
    "made.malformed": (
        "When it was made cannot be read.",
        "제작 시각을 읽을 수 없습니다.",
    ),
    "consent.struck": (
        "Consents that have ended were struck out of it: {count}.",
        "끝난 동의 {count}건이 지워졌습니다.",
    ),
    "labels.none": (
        "It names no law that asks for a label on it.",
        "표시를 요구하는 법을 밝히지 않습니다.",
    ),
    "labels.owed": (
        "It names laws that may ask for a label, which is not looked for here: {duties}.",
        "표시를 요구할 수 있는 법을 밝힙니다. 표시가 있는지는 여기서 확인하지 않습니다: {duties}.",
    ),
    "reader.clock": (
        (
            "After {clock} seconds by the clock it had not been read, though it did not get the"
            " {processor} seconds of processor time that it may take. Try again when the machine"
            " has less to do."
        ),
        (
            "{clock}초가 지나도록 다 읽지 못했습니다. 허용된 프로세서 시간 {processor}초는 다 쓰지"
            " 못했으니, 컴퓨터가 덜 바쁠 때 다시 하십시오."
        ),
    ),
    "reader.memory": (
        (
            "Reading it took more memory than the {memory} MB that it may take, or than this"
            " machine had for it, or broke off."
        ),
        (
            "읽는 데 허용된 메모리 {memory} MB나 이 컴퓨터가 내줄 수 있는 메모리를 넘었거나, 읽기가"
            " 중간에 끊겼습니다."
        ),
    ),
    "reader.work": (
        (
            "Reading it took more than it may take: {processor} seconds of processor time and"
            " {memory} MB of memory."
        ),
        "읽는 데 허용된 프로세서 시간 {processor}초나 메모리 {memory} MB를 넘었습니다.",
    ),
    "reader.failed": (
        "It is damaged, or not of the kind that its name says.",
        "파일이 손상되었거나 이름과 다른 형식입니다.",
    ),
    "reader.sidecar": (
        "It is damaged, or no .c2pa file. Of the file itself nothing is said by that.",
        "손상되었거나 .c2pa 파일이 아닙니다. 파일 자체에 대해서는 아무것도 말해 주지 않습니다.",
    ),
    "input.failed": _UNREAD,
    "input.trust": _UNREAD,
    "input.sidecar": _UNREAD,
    "input.status": _UNREAD,
    "credential.none": (
        (
            "No credential was found in it. Some types carry it beside them, as a .c2pa file:"
            " name that with --sidecar."
        ),
        (
            "파일 안에 크리덴셜이 없습니다. 일부 형식은 .c2pa 파일로 따로 둡니다: --sidecar로"
            " 지정하십시오."
        ),
    ),
    "credential.beside": (
        "Beside it lies {name}, which may be its credential: name that with --sidecar.",
        "옆에 있는 {name} 파일이 이 파일의 크리덴셜일 수 있습니다: --sidecar로 지정하십시오.",
    ),
    "credential.alone": (
        "Name the file that it lies beside, and this one with --sidecar.",
        "서명된 파일을 지정하고, 이 파일은 --sidecar로 지정하십시오.",
    ),
    "credential.remote": (
        "It says that its credential is elsewhere, which is not fetched: {url}",
        "크리덴셜이 다른 곳에 있다고 하지만 가져오지 않습니다: {url}",
    ),
}
_PROVES: Final[Words] = (
    (
        "It proves: that these bytes were signed by this signer, what the signer said of them then,"
        " and that this grant was recorded in the log."
    ),
    (
        "증명하는 것: 이 서명자가 이 내용에 서명했다는 것, 그때 밝힌 내용, 그리고 이 이용 허락이"
        " 공개 기록부에 있다는 것."
    ),
)
_PROVES_MADE: Final[Words] = (
    (
        "It proves: that these bytes were signed by this signer, what their maker declared of them,"
        " and that this declaration was recorded in the log."
    ),
    (
        "증명하는 것: 이 서명자가 이 내용에 서명했다는 것, 제작자가 신고한 내용, 그리고 그 신고가"
        " 공개 기록부에 있다는 것."
    ),
)
_PROVES_LESS: Final[Words] = (
    "It proves no more than what is marked with + above.",
    "위에서 +로 표시된 것 이상은 증명하지 않습니다.",
)
_PROVES_NOTHING: Final[Words] = ("It proves nothing.", "증명하는 것이 없습니다.")
# `since`: what nobody asked of the time since it was signed; `open`: what no hash covers.
_PROVES_NOT: Final[Words] = (
    (
        "It does not prove: that a recorded right is true; {since}that the signer's"
        " certificate was not revoked, of which nobody is asked; or anything about the bytes that"
        " C2PA leaves open: {open}."
    ),
    (
        "증명하지 않는 것: 기록된 권리가 사실이라는 것, {since}서명자의 인증서가 폐지되지 않았다는"
        " 것(누구에게도 묻지 않습니다), 그리고 C2PA가 열어 두는 바이트({open})."
    ),
)
_PROVES_NOT_MADE: Final[Words] = (
    (
        "It does not prove: that nothing else went into it; that no grant or consent was revoked"
        " since, and nobody disputes it, which its status says online; that it bears the labels"
        " that laws ask for; that the signer's certificate was not revoked, of which nobody is"
        " asked; or anything about the bytes that C2PA leaves open: {open}."
    ),
    (
        "증명하지 않는 것: 다른 것이 쓰이지 않았다는 것, 그 뒤로 철회된 이용 허락이나 동의 또는"
        " 이의가 없다는 것(온라인 상태가 알려 줍니다), 법이 요구하는 표시가 있다는 것, 서명자의"
        " 인증서가 폐지되지 않았다는 것(누구에게도 묻지 않습니다), 그리고"
        " C2PA가 열어 두는 바이트({open})."
    ),
)
# Of a file in which nothing was read.
_PROVES_NOT_OF: Final[dict[Name, Words]] = {
    Name.UNSIGNED: (
        "It does not prove: that the file is not licensed, or that anything is wrong with it.",
        "증명하지 않는 것: 파일이 허락되지 않았다는 것, 또는 파일에 문제가 있다는 것.",
    ),
    Name.UNREADABLE: (
        "It does not prove: that anything is wrong with the file.",
        "증명하지 않는 것: 파일에 문제가 있다는 것.",
    ),
}
# By what a status list said: of a file that rests on no consent, and of one that does.
_SINCE: Final[dict[str, tuple[Words, Words]]] = {
    "unasked": (
        (
            "that the grant was not revoked since, which a status list (--status) tells; ",
            "그 뒤로 이용 허락이 철회되지 않았다는 것(상태 목록(--status)이 알려 줍니다), ",
        ),
        (
            (
                "that neither the grant nor a consent that the file rests on was withdrawn since,"
                " which was not asked (a status list, --status, tells of the grant, and of consents"
                " only that the licence of some file ended with them); "
            ),
            (
                "그 뒤로 이용 허락이나 파일의 근거가 된 동의가 철회되지 않았다는 것(확인하지"
                " 않았습니다. 상태 목록(--status)은 이용 허락의 상태를 알려 주지만, 동의에 대해서는"
                " 어떤 파일의 이용 허락이 동의와 함께 끝났다는 것만 알려 줍니다), "
            ),
        ),
    ),
    "stands": (
        (
            "that the grant was not revoked after that list; ",
            "그 상태 목록 뒤로 이용 허락이 철회되지 않았다는 것, ",
        ),
        (
            (
                "that the grant was not revoked after that list; that every consent that the file"
                " rests on stands, of which the list tells only where a licence ended with it; "
            ),
            (
                "그 상태 목록 뒤로 이용 허락이 철회되지 않았다는 것, 파일의 근거가 된 동의가 모두"
                " 유효하다는 것(목록은 이용 허락이 동의와 함께 끝난 때만 알려 줍니다), "
            ),
        ),
    ),
    "ended": (
        ("", ""),
        (
            "that no consent that the file rests on was withdrawn since; ",
            "그 뒤로 파일의 근거가 된 동의가 철회되지 않았다는 것, ",
        ),
    ),
}
_STATUS_SAID: Final = {
    "status.valid": "stands",
    **dict.fromkeys(("status.invalid", "status.suspended"), "ended"),
    **dict.fromkeys(("status.ended_by", "status.consent_ended"), "ended"),
}
_OPEN: Final[Words] = (
    "the head of a manifest's box, a film's list of brands and the index of its fragments",
    "매니페스트 상자의 머리, 영상의 브랜드 목록과 조각 색인",
)
# Of a file that is byte for byte what was signed.
_OPEN_OF_WHOLE: Final[Words] = ("the head of its manifest's box", "매니페스트 상자의 머리")
_WHOLE: Final = frozenset({"hash.same", "hash.whole"})
_AS_OF: Final[Words] = (
    "As of {at}.",
    "기준 시각: {at}.",
)
_MARKS: Final = {
    Outcome.OK: "+",
    Outcome.WARNING: "!",
    Outcome.FAILED: "-",
    Outcome.UNKNOWN: "?",
}


def headline(verdict: Verdict, language: str) -> str:
    """Return the verdict in one sentence."""
    named = (_HEADLINES_OF[each.said] for each in verdict.checks if each.said in _HEADLINES_OF)
    return next(named, _HEADLINES[verdict.name])[LANGUAGES.index(language)]


def sentence(check: Check, language: str) -> str:
    """Return a check's answer in words; what the file says in no code of ours stands in it
    unchanged."""
    which = LANGUAGES.index(language)
    values = {name: worded(name, value, which) for name, value in check.values.items()}
    return _SAID[check.said][which].format_map(values)


def limits(verdict: Verdict, language: str) -> tuple[str, str]:
    """Return what the verdict proves, and what it does not."""
    which = LANGUAGES.index(language)
    proves = {Name.LICENSED: _PROVES, Name.MADE: _PROVES_MADE}.get(verdict.name, _less(verdict))
    proves_not = _PROVES_NOT if verdict.output is None else _PROVES_NOT_MADE
    proves_not = _PROVES_NOT_OF.get(verdict.name, proves_not)
    is_whole = any(check.said in _WHOLE for check in verdict.checks)
    left = {
        "since": "" if verdict.grant is None else _since(verdict)[which],
        "open": (_OPEN_OF_WHOLE if is_whole else _OPEN)[which],
    }
    return proves[which], proves_not[which].format_map(left)


def _since(verdict: Verdict) -> Words:
    """Return what of the grant and its consents nobody has asked, of the time since the file was
    signed."""
    told = next((check.said for check in verdict.checks if check.id == "status"), "")
    on_consent = any(check.id == "consent" for check in verdict.checks)
    return _SINCE[_STATUS_SAID.get(told, "unasked")][on_consent]


def _less(verdict: Verdict) -> Words:
    is_any = any(check.outcome == Outcome.OK for check in verdict.checks)
    return _PROVES_LESS if is_any else _PROVES_NOTHING


def lines(verdict: Verdict, language: str) -> Iterator[str]:
    """Yield the report for people. Nothing in it is obeyed by a terminal."""
    yield headline(verdict, language)
    if verdict.grant is not None or verdict.output is not None:
        at = f"{verdict.at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"
        yield _AS_OF[LANGUAGES.index(language)].format(at=at)
    for check in verdict.checks:
        yield f"  {_MARKS[check.outcome]} {plain(sentence(check, language))}"
    yield from limits(verdict, language)


def as_json(verdict: Verdict, language: str) -> dict[str, Any]:
    """Return the report as JSON values."""
    proves, proves_not = limits(verdict, language)
    return {
        "verdict": verdict.name,
        "headline": headline(verdict, language),
        "at": verdict.at.isoformat(timespec="seconds"),
        "file_sha256": verdict.file_sha256,
        "manifest": verdict.manifest_id,
        "checks": [
            {
                "id": check.id,
                "outcome": check.outcome,
                "said": check.said,
                "text": sentence(check, language),
                **({"values": dict(check.values)} if check.values else {}),
            }
            for check in verdict.checks
        ],
        "grant": verdict.grant,
        "output": verdict.output,
        "consents": list(verdict.consents),
        "proves": proves,
        "does_not_prove": proves_not,
    }
