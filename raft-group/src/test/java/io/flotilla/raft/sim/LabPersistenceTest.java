package io.flotilla.raft.sim;

import static io.flotilla.raft.sim.Lab.SECOND;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

/** MIT 6.5840, laboratory 3C, told by {@link Lab}. */
class LabPersistenceTest {
  @Test
  void testPersist13C() {
    Lab lab = new Lab(3, Lab.RELIABLE, 1);
    lab.one(3);
    lab.restart(lab.all());
    lab.one(3);

    int leader = lab.checkOneLeader();
    lab.restart(leader);
    lab.one(3);

    leader = lab.checkOneLeader();
    lab.crash(leader);
    lab.disconnect(leader);
    lab.one(2);
    lab.start(leader);
    lab.connect(leader);
    lab.checkConverged(5 * SECOND);

    int follower = lab.anyBut(lab.checkOneLeader(), 1)[0];
    lab.crash(follower);
    lab.disconnect(follower);
    lab.one(2);
    lab.start(follower);
    lab.connect(follower);
    lab.one(3);
  }

  @Test
  void testPersist23C() {
    Lab lab = new Lab(5, Lab.RELIABLE, 2);
    for (int round = 0; round < 5; round++) {
      lab.one(5);
      int leader = lab.checkOneLeader();
      int[] others = lab.anyBut(leader, 4);
      lab.disconnect(others[0], others[1]);
      lab.one(3);

      int[] rest = {leader, others[2], others[3]};
      lab.crash(rest);
      lab.disconnect(rest);
      lab.restart(others[0], others[1]);
      lab.connect(others[0], others[1]);
      lab.sleep(SECOND);
      lab.start(others[2]);
      lab.connect(others[2]);
      lab.one(3);
      lab.start(others[3], leader);
      lab.connect(others[3], leader);
    }
    lab.one(5);
  }

  @Test
  void testPersist33C() {
    Lab lab = new Lab(3, Lab.RELIABLE, 3);
    lab.one(3);
    int leader = lab.checkOneLeader();
    int[] others = lab.anyBut(leader, 2);
    lab.disconnect(others[1]);
    lab.one(2);

    lab.crash(leader, others[0]);
    lab.disconnect(leader);
    lab.connect(others[1]);
    lab.start(others[0]);
    lab.one(2);
    lab.start(leader);
    lab.connect(leader);
    lab.one(3);
  }

  @Test
  void testFigure83C() {
    Lab lab = new Lab(5, Lab.RELIABLE, 4);
    lab.one(1);
    int up = 5;
    for (int iteration = 0; iteration < 1_000; iteration++) {
      OptionalInt leader = startEverywhere(lab);
      lab.sleep(lab.chance().between(1, lab.chance().happens(0.1) ? SECOND / 2 : 13_000L));
      if (leader.isPresent() && lab.isUp(leader.getAsInt())) {
        lab.crash(leader.getAsInt());
        up--;
      }
      if (up < 3) {
        int any = 1 + lab.chance().below(5);
        if (!lab.isUp(any)) {
          lab.start(any);
          up++;
        }
      }
    }
    lab.start(lab.all());
    lab.one(5);
  }

  /** Each server that takes itself for a leader is given a command; the last of them. */
  private static OptionalInt startEverywhere(Lab lab) {
    OptionalInt leader = OptionalInt.empty();
    for (int id : lab.all()) {
      if (lab.startAt(id, lab.command(0)).isPresent()) {
        leader = OptionalInt.of(id);
      }
    }
    return leader;
  }

  @Test
  void testUnreliableAgree3C() {
    Lab lab = new Lab(5, Lab.UNRELIABLE, 5);
    for (int round = 1; round < 50; round++) {
      for (int parallel = 0; parallel < 4; parallel++) {
        lab.leader().ifPresent(leader -> lab.startAt(leader, lab.command(0)));
      }
      lab.one(1);
    }
    lab.faults(Lab.RELIABLE);
    lab.one(5);
  }

  @Test
  void testFigure8Unreliable3C() {
    Lab lab = new Lab(5, Lab.UNRELIABLE, 6);
    lab.one(1);
    int connected = 5;
    for (int iteration = 0; iteration < 1_000; iteration++) {
      if (iteration == 200) {
        lab.faults(Lab.LONG_REORDERING);
      }
      OptionalInt leader = startEverywhere(lab);
      lab.sleep(lab.chance().between(1, lab.chance().happens(0.1) ? SECOND / 2 : 13_000L));
      if (leader.isPresent() && lab.chance().happens(0.5) && lab.isConnected(leader.getAsInt())) {
        lab.disconnect(leader.getAsInt());
        connected--;
      }
      if (connected < 3) {
        int any = 1 + lab.chance().below(5);
        if (!lab.isConnected(any)) {
          lab.connect(any);
          connected++;
        }
      }
    }
    lab.connect(lab.all());
    lab.one(5);
  }

  @Test
  void testReliableChurn3C() {
    churn(Lab.RELIABLE, 7);
  }

  @Test
  void testUnreliableChurn3C() {
    churn(Lab.UNRELIABLE, 8);
  }

  /** Three clients, and servers that come and go; what a client saw committed stays. */
  private static void churn(Faults.Network faults, long seed) {
    Lab lab = new Lab(5, faults, seed);
    Map<Long, byte[]> seen = new HashMap<>();
    List<Runnable> clients = new ArrayList<>();
    for (int client = 0; client < 3; client++) {
      clients.add(new ChurnClient(lab, seen)::look);
    }
    for (int round = 0; round < 200; round++) {
      if (lab.chance().happens(0.2)) {
        lab.disconnect(1 + lab.chance().below(5));
      }
      if (lab.chance().happens(0.5)) {
        int any = 1 + lab.chance().below(5);
        lab.start(any);
        lab.connect(any);
      }
      if (lab.chance().happens(0.2)) {
        lab.crash(1 + lab.chance().below(5));
      }
      for (int step = 0; step < 14; step++) {
        clients.forEach(Runnable::run);
        lab.sleep(50_000);
      }
    }
    lab.faults(Lab.RELIABLE);
    lab.start(lab.all());
    lab.connect(lab.all());
    long last = lab.one(5);
    assertThat(seen).as("values that clients saw committed").hasSizeGreaterThan(100);
    seen.forEach(
        (index, command) ->
            assertThat(lab.isCommittedAs(index, command)).as("command at %d", index).isTrue());
    assertThat(last).isGreaterThan(seen.size());
  }

  /** Asks all servers, then looks now and then whether it was committed. */
  private static final class ChurnClient {
    private final Lab lab;
    private final Map<Long, byte[]> seen;
    private byte[] command = {};
    private OptionalLong index = OptionalLong.empty();
    private int looks;

    ChurnClient(Lab lab, Map<Long, byte[]> seen) {
      this.lab = lab;
      this.seen = seen;
    }

    void look() {
      if (index.isPresent()) {
        long at = index.getAsLong();
        looks++;
        if (lab.isCommittedAs(at, command)) {
          seen.put(at, command);
        }
        if (seen.containsKey(at) || looks == 10) {
          index = OptionalLong.empty();
        }
      } else {
        command = lab.command(0);
        looks = 0;
        for (int id : lab.all()) {
          OptionalLong placed = lab.startAt(id, command);
          index = placed.isPresent() ? placed : index;
        }
      }
    }
  }
}
