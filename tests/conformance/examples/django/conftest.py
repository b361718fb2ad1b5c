import partner
import pytest


@pytest.fixture(scope="session")
def endpoint():
    return partner.app


@pytest.fixture(scope="session")
def ringcx_secret():
    return partner.SECRET.decode()


@pytest.fixture(scope="session")
def ringcx_settings():
    return {"base_uri": "http://testserver/ringcx"}
