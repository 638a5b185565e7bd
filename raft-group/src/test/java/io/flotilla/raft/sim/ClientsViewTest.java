package io.flotilla.raft.sim;

import org.junit.jupiter.api.Test;

/**
 * The simulations with one judge fewer: nobody knows what was committed when a read began. A broken
 * read path must show in what clients were told; that is all that a user would ever see.
 */
class ClientsViewTest {
  @Test
  void oneGroup() throws Exception {
    Campaign.Sum sum = new Seeds(RunKind.CORE_BY_CLIENTS).run(30);
    new Floors(sum).answered(200).had(5, FaultKind.CRASH).had(3, FaultKind.PARTITION);
  }

  @Test
  void realRuntime() throws Exception {
    Campaign.Sum sum = new Seeds(RunKind.RUNTIME_BY_CLIENTS).run(10);
    new Floors(sum).answered(300).had(3, FaultKind.CRASH).had(2, FaultKind.PARTITION);
  }
}
