package io.flotilla.raft.sim;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/**
 * The simulations with one judge fewer: nobody knows what was committed when a read began. A broken
 * read path must show in what clients were told; that is all that a user would ever see.
 */
class ClientsViewTest {
  @Test
  void oneGroup() throws Exception {
    Seeds.Sum sum =
        new Seeds(ClientsViewTest.class, seed -> Simulation.of(seed, 5).judgedByClientsAlone())
            .run(30);
    assertThat(sum.answered()).as("operations that clients finished").isGreaterThan(20);
  }

  @Test
  void realRuntime() throws Exception {
    Seeds.Sum sum =
        new Seeds(
                ClientsViewTest.class, seed -> RuntimeSimulation.of(seed, 3).judgedByClientsAlone())
            .run(10);
    assertThat(sum.answered()).as("operations that clients finished").isGreaterThan(20);
  }
}
