package io.flotilla.deploy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.Location;
import com.tngtech.archunit.lang.ArchRule;
import io.flotilla.deploy.seeded.placement.model.FindsTheTime;
import io.flotilla.deploy.seeded.placement.plan.KnowsTheStore;
import io.flotilla.deploy.seeded.placement.plan.RollsDice;
import io.flotilla.deploy.seeded.placement.store.KnowsTheScheduler;
import io.flotilla.deploy.seeded.raft.core.Locks;
import io.flotilla.deploy.seeded.raft.core.ReadsTheClock;
import io.flotilla.deploy.seeded.raft.net.OpensADatabase;
import io.flotilla.deploy.seeded.raft.port.KnowsTheRuntime;
import io.flotilla.deploy.seeded.raft.runtime.SpeaksNetty;
import io.flotilla.deploy.seeded.router.cli.GoesThroughTheBackDoor;
import io.flotilla.deploy.seeded.router.client.ConnectionManager;
import io.flotilla.deploy.seeded.shard.kv.DrawsAnId;
import io.flotilla.deploy.seeded.util.Strings;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** The walls between rooms that Maven is too coarse to keep, and proof that each of them stands. */
class ArchitectureTest {
  private static final String ROOT = "io.flotilla";
  private static final String SEEDED = "io.flotilla.deploy.seeded";

  @TestFactory
  Stream<DynamicTest> roomsKeepTheirWalls() {
    JavaClasses product =
        new ClassFileImporter()
            .withImportOption(ArchitectureTest::isOfTheProduct)
            .importPackages(ROOT);
    assertThat(product).as("classes of the product").isNotEmpty();
    return new Rooms(ROOT)
        .rules().entrySet().stream()
            .map(rule -> dynamicTest(rule.getKey(), () -> rule.getValue().check(product)));
  }

  /**
   * A rule that rejects nothing guards nothing: each class here breaks exactly the rules beside it.
   */
  @TestFactory
  Stream<DynamicTest> seededViolationsAreRejected() {
    Map<String, ArchRule> rules = new Rooms(SEEDED).rules();
    return seeds().entrySet().stream()
        .map(
            seed ->
                dynamicTest(
                    seed.getKey().stream()
                        .map(Class::getSimpleName)
                        .collect(Collectors.joining(" and ")),
                    () ->
                        assertThat(rejecting(rules, seed.getKey()))
                            .containsExactlyInAnyOrderElementsOf(seed.getValue())));
  }

  private static Map<List<Class<?>>, List<String>> seeds() {
    String line = " keeps to its line of the table";
    String passedIn = "time and chance are passed in";
    return Map.ofEntries(
        Map.entry(List.of(ReadsTheClock.class), List.of(passedIn)),
        Map.entry(List.of(Locks.class), List.of("raft.core" + line)),
        Map.entry(List.of(KnowsTheRuntime.class), List.of("raft.port" + line)),
        Map.entry(List.of(SpeaksNetty.class), List.of("raft.runtime" + line)),
        Map.entry(List.of(OpensADatabase.class), List.of("raft.net" + line)),
        Map.entry(List.of(DrawsAnId.class), List.of(passedIn)),
        Map.entry(List.of(FindsTheTime.class), List.of(passedIn)),
        Map.entry(List.of(RollsDice.class), List.of(passedIn)),
        Map.entry(
            List.of(KnowsTheStore.class, KnowsTheScheduler.class),
            List.of("placement.plan" + line, "placement.store" + line, "rooms have no cycles")),
        Map.entry(List.of(GoesThroughTheBackDoor.class), List.of("router.cli" + line)),
        Map.entry(List.of(ConnectionManager.class), List.of("a name says what a thing is")),
        Map.entry(List.of(Strings.class), List.of("every class has a room")));
  }

  private static Set<String> rejecting(Map<String, ArchRule> rules, List<Class<?>> seed) {
    JavaClasses classes = new ClassFileImporter().importClasses(seed);
    return rules.entrySet().stream()
        .filter(rule -> rule.getValue().evaluate(classes).hasViolation())
        .map(Map.Entry::getKey)
        .collect(Collectors.toCollection(TreeSet::new));
  }

  /** Tests come as directories or, from another module, as a jar. */
  private static boolean isOfTheProduct(Location location) {
    return !location.contains("/test-classes/") && !location.contains("-tests.jar");
  }
}
