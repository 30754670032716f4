"""The simplest model comparable with the simulator, in radCAD and in Mesa, timed.

Every agent is a provider; each step it decides whether to cheat, is audited with a probability, and its balance changes.
One agent's decision is one agent-step. Prints one JSON object: versions and agent-steps a second by number of agents.
"""

import json
import random
import sys
import time
from importlib.metadata import version

CHEAT, AUDIT, FEE, COST, SLASH = 0.1, 0.05, 1.0, 0.5, 38.0
SECONDS = float(sys.argv[1]) if len(sys.argv) > 1 else 2.0
SIZES = [int(n) for n in sys.argv[2].split(",")] if len(sys.argv) > 2 else [100, 10_000]


def payoff(draw):
    if draw() < CHEAT:
        return -SLASH if draw() < AUDIT else FEE
    return FEE - COST


def mesa_model():
    import mesa

    class Provider(mesa.Agent):
        def __init__(self, model):
            super().__init__(model)
            self.balance = 0.0

        def step(self):
            self.balance += payoff(self.random.random)

    class World(mesa.Model):
        def __init__(self, agents):
            super().__init__(seed=1)
            for _ in range(agents):
                Provider(self)

        def step(self):
            self.agents.shuffle_do("step")

    def run(agents, steps):
        world = World(agents)
        begin = time.process_time()
        for _ in range(steps):
            world.step()
        return time.process_time() - begin

    return run


def radcad_model():
    from radcad import Engine, Model, Simulation
    from radcad.engine import Backend

    def decide(params, substep, history, state):
        return {"payoffs": [payoff(random.random) for _ in state["balances"]]}

    def update(params, substep, history, state, signals):
        return "balances", [b + p for b, p in zip(state["balances"], signals["payoffs"])]

    blocks = [{"policies": {"decide": decide}, "variables": {"balances": update}}]

    def run(agents, steps):
        model = Model(initial_state={"balances": [0.0] * agents}, state_update_blocks=blocks, params={})
        simulation = Simulation(model=model, timesteps=steps, runs=1)
        simulation.engine = Engine(backend=Backend.SINGLE_PROCESS)
        begin = time.process_time()
        simulation.run()
        return time.process_time() - begin

    return run


def rate(run, agents):
    """Agent-steps a second, at a number of steps that takes about SECONDS."""
    steps, spent = 2, run(agents, 2)
    while spent < SECONDS and steps < 100_000:
        steps = max(steps + 1, int(steps * min(10.0, 1.2 * SECONDS / max(spent, 1e-6))))
        spent = run(agents, steps)
        if spent > SECONDS / 2:
            break
    return agents * steps / spent


report = {"python": sys.version.split()[0]}
for name, make in (("Mesa", mesa_model), ("radCAD", radcad_model)):
    model = make()
    report[name] = {"version": version(name.lower()), "rates": {str(n): rate(model, n) for n in SIZES}}
print(json.dumps(report))
