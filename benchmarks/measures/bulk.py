"""One message to 10,000 users of whom 1,000 are online, sent by another process."""

from __future__ import annotations

from time import perf_counter

from benchmarks.trial import Trial

TITLE = "10,000 users, 1,000 online: all stored and told"
USERS, ONLINE = 10_000, 1_000
TOLD_SECONDS = 20


async def measure(trial: Trial) -> None:
    users, online = trial.sizes.count(USERS), trial.sizes.count(ONLINE)
    async with trial.stage() as stage:
        await stage.open(f"u{number * (users // online)}" for number in range(online))
        outside = await trial.subject.outside("many", users, 0)  # one round
        stage.crowd.forget()
        with stage.watching(also=[outside.pid]) as watched:
            began = perf_counter()
            stored = await outside.go()
            all_stored = perf_counter() - began
            await stage.crowd.items_reach(online, seconds=trial.sizes.seconds(TOLD_SECONDS))
        await outside.end()
        if stored != users or stage.crowd.items != online:
            trial.say(f"{stored:.0f} were stored, {stage.crowd.items} of {online} sockets were told")
        trial.note("stored", all_stored, "s", watched)
        if stage.crowd.items >= online:  # the in-memory layer of the baseline brings nothing from another process
            trial.note("stored and told", max(all_stored, stage.crowd.heard[-1][0] - began), "s", watched)
