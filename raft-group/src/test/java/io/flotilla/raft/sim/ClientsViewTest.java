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
    Campaign.Sum sum = new Seeds(RunKind.CORE_BY_CLIENTS).run(30);
    assertThat(sum.answered()).as("operations that clients finished").isGreaterThan(20);
  }

  @Test
  void realRuntime() throws Exception {
    Campaign.Sum sum = new Seeds(RunKind.RUNTIME_BY_CLIENTS).run(10);
    assertThat(sum.answered()).as("operations that clients finished").isGreaterThan(20);
  }
}
