"""Somebody whom the physician has invited: said plainly while it lasts, ended by one touch."""

from dataclasses import replace

import pytest
from PySide6.QtWidgets import QLabel

from tests.ui import steps
from tests.ui.conftest import OpenDesk
from ui.text import ar, en, fr


@pytest.mark.parametrize("language", ["fr", "en", "ar"])
def test_a_guest_is_said_plainly_and_can_be_removed(open_desk: OpenDesk, language: str) -> None:
    sentences = {"fr": fr, "en": en, "ar": ar}[language].CONSULTATION
    desk = open_desk(language, 1.0, (1280, 800))
    steps.consultation(desk)
    desk.kiosk.connect()
    desk.settle()

    def said() -> bool:
        labels = desk.window.findChildren(QLabel)
        return any(shown.isVisible() and shown.text() == sentences.guest for shown in labels)

    assert not said()
    assert not desk.is_shown("remove_guest")
    desk.kiosk.set_call(replace(desk.kiosk.call, guest=True))
    desk.settle()
    assert said()
    desk.click("remove_guest")
    desk.settle()
    assert "remove_guest" in desk.kiosk.asked
    assert not said()
    assert not desk.is_shown("remove_guest")
