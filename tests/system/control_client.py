"""A foreign client of the control protocol (base/wire/control.h), for tests of whom it admits."""
import hashlib
import os
import socket
import struct


def pack(value):
    """The part of MessagePack that a Hello needs."""
    if isinstance(value, str):
        raw = value.encode()
        head = bytes([0xA0 | len(raw)]) if len(raw) < 32 else b"\xd9" + bytes([len(raw)])
        return head + raw
    if isinstance(value, int):
        return bytes([value]) if 0 <= value < 128 else b"\xcf" + struct.pack(">Q", value)
    if isinstance(value, list):
        return bytes([0x90 | len(value)]) + b"".join(map(pack, value))
    assert isinstance(value, dict) and len(value) < 16
    return bytes([0x80 | len(value)]) + b"".join(pack(key) + pack(item) for key, item in value.items())


def unpack_text_map(data):
    """[name, {text: text}], which is what a Challenge and a Welcome are."""
    at = 0

    def text():
        nonlocal at
        head = data[at]
        at += 1
        if head == 0xD9:
            size = data[at]
            at += 1
        else:
            size = head & 0x1F
        at += size
        return data[at - size:at].decode()

    assert data[at] == 0x92
    at += 1
    name = text()
    pairs = data[at] & 0x0F
    at += 1
    return name, {text(): text() for _ in range(pairs)}


def proof(key_hex, label, nonce_a, nonce_b, id):
    """membership_proof of control.h."""
    hashed = hashlib.blake2b(key=bytes.fromhex(key_hex), digest_size=32)
    for part in (label, nonce_a, nonce_b, id):
        hashed.update(struct.pack(">Q", len(part)) + part.encode())
    return hashed.hexdigest()


class ControlClient:
    def __init__(self, host, port):
        self.socket = socket.create_connection((host, port), timeout=20)

    def _exactly(self, size):
        data = b""
        while len(data) < size:
            piece = self.socket.recv(size - len(data))
            if not piece:
                return None
            data += piece
        return data

    def receive(self):
        head = self._exactly(4)
        return unpack_text_map(self._exactly(struct.unpack(">I", head)[0])) if head else None

    def hello(self, key, cluster, id, tier, zone, launch):
        """The Welcome, or None when we were shown the door."""
        name, challenge = self.receive()
        assert name == "Challenge"
        nonce = os.urandom(16).hex()
        fields = {"cluster": cluster, "id": id, "tier": tier, "zone": zone, "address": "127.0.0.1:1", "launch": launch,
                  "pid": 1, "nonce": nonce, "proof": proof(key, "client", challenge["nonce"], nonce, id),
                  "incarnation": "", "version": "1"}
        payload = pack(["Hello", fields])
        self.socket.sendall(struct.pack(">I", len(payload)) + payload)
        return self.receive()

    def closed(self):
        """True when the server closes without a further word than its Challenge."""
        self.receive()
        try:
            return self._exactly(1) is None
        except ConnectionResetError:
            return True

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()
