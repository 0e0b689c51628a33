"""What speaks to c2pa-python, and nothing else does: files are read, manifests are signed.

    settings    what the SDK is told: whose signatures it trusts, and to stay off the network
    reports     what it says of a manifest store
    inner       the manifests inside a file that it was made from, each read by itself
    reading     a file, with all that is found in it: no more than this is in the limited process

    signed      what signing gives, or why it does not
    signers     what signs with a key of ours, and with that of a licensor beside it
    engine      a signer with its settings: what the SDK signs
    self_test   the engine that signs for us, once it has proven itself
    signing     manifests for files that nobody reads, since what binds to them is known
    embedding   manifests inside files

Objects of the SDK do not survive a fork; they are made per process.
"""
