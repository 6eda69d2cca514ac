"""Which channels are switched off, in both directions: by ENABLED_CHANNELS, or by their row in `channel_configs`.

While a channel is off its messages are refused or not read, and replies wait in the outbox as `ready`.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import get_args

from db.outbound.channel_configs import ChannelConfigs
from db.pool import Pool
from db.records import Channel

CHANNELS: tuple[Channel, ...] = get_args(Channel)
NOT_ENABLED = "it is not among ENABLED_CHANNELS"
SWITCHED_OFF = "it is switched off in channel_configs (enabled = false)"


class ChannelSwitches:
    """The switches of all channels; a change of a row takes effect once `configs` reads it again, within seconds.

    `enabled` are the channels of ENABLED_CHANNELS. A channel without a row is on.
    """

    def __init__(self, configs: ChannelConfigs, *, enabled: Iterable[str] = CHANNELS) -> None:
        self._configs, self._enabled = configs, frozenset(enabled)

    def over(self, pool: Pool) -> ChannelSwitches:
        """Return the same switches, read over another pool."""
        return ChannelSwitches(ChannelConfigs(pool), enabled=self._enabled)

    def enabled(self, channel: Channel) -> bool:
        """Return whether the channel is among ENABLED_CHANNELS; its row is not read."""
        return channel in self._enabled

    async def why_off(self, channel: Channel) -> str:
        """Return why a channel is off, '' while it is on. Raises DatabaseUnavailableError as the pool does."""
        return (await self.reasons()).get(channel, "")

    async def unconfigured(self) -> frozenset[Channel]:
        """Return the channels without a row. Raises DatabaseUnavailableError as the pool does."""
        return await self._configs.missing()

    async def reasons(self) -> dict[Channel, str]:
        """Return why each channel that is off is. Raises DatabaseUnavailableError as the pool does."""
        disabled = await self._configs.disabled()
        found = {channel: SWITCHED_OFF for channel in CHANNELS if channel in disabled}
        return found | {channel: NOT_ENABLED for channel in CHANNELS if not self.enabled(channel)}
