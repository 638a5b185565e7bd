package io.flotilla.deploy;

import static com.tngtech.archunit.base.DescribedPredicate.describe;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.belongToAnyOf;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.conditions.ArchConditions.callMethod;
import static com.tngtech.archunit.lang.conditions.ArchConditions.callMethodWhere;
import static com.tngtech.archunit.lang.conditions.ArchConditions.dependOnClassesThat;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaMethodCall;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.library.dependencies.SliceAssignment;
import com.tngtech.archunit.library.dependencies.SliceIdentifier;
import java.security.SecureRandom;
import java.time.Clock;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.SplittableRandom;
import java.util.UUID;
import java.util.concurrent.ThreadLocalRandom;
import java.util.stream.Stream;

/**
 * Who may know whom, as one table, and the rules made from it. What a room's line does not name,
 * the room may not use: another room or a library. The table holds below any root package, so that
 * the same rules can be held against classes that break them on purpose.
 */
record Rooms(String root) {
  private static final String[] ANY_JDK = {"java..", "javax.."};
  private static final String[] PLAIN_JDK = {"java.lang..", "java.util", "java.util.function"};
  private static final String[] DATA_JDK = {
    "java.lang..", "java.util", "java.util.function", "java.util.stream", "java.time", "java.math"
  };

  private static final String CAFFEINE = "com.github.benmanes.caffeine..";
  private static final String HISTOGRAM = "org.HdrHistogram..";
  private static final String JACKSON = "com.fasterxml.jackson..";
  private static final String JCTOOLS = "org.jctools..";
  private static final String METRICS = "com.codahale.metrics..";
  private static final String NETTY = "io.netty..";
  private static final String PICOCLI = "picocli..";
  private static final String PROTOBUF = "com.google.protobuf..";
  private static final String ROCKSDB = "org.rocksdb..";
  private static final String SLF4J = "org.slf4j..";

  private static final List<Room> TABLE =
      List.of(
          room("proto").uses(PROTOBUF),
          room("session").within(PLAIN_JDK),
          room("rpc").knows("proto").uses(NETTY, PROTOBUF, SLF4J),
          room("raft.core").within(PLAIN_JDK),
          room("raft.port").knows("raft.core"),
          room("raft.runtime")
              .knows("raft.core", "raft.port")
              .uses(CAFFEINE, JCTOOLS, METRICS, SLF4J),
          room("raft.rocksdb").knows("raft.core", "raft.port").uses(ROCKSDB, METRICS, SLF4J),
          room("raft.state").knows("raft.port").uses(ROCKSDB),
          room("raft.files").knows("raft.core", "raft.port").uses(SLF4J),
          room("raft.net")
              .knows("raft.core", "raft.port", "rpc", "proto")
              .uses(NETTY, PROTOBUF, JCTOOLS, METRICS, SLF4J),
          room("shard.kv")
              .knows("raft.core", "raft.port", "raft.state", "session", "proto")
              .uses(ROCKSDB, PROTOBUF, METRICS, SLF4J),
          room("shard.host")
              .knows("raft.core", "raft.port", "raft.runtime", "shard.kv", "rpc", "proto")
              .uses(PROTOBUF, ROCKSDB, METRICS, SLF4J),
          room("shard.report")
              .knows("raft.core", "raft.port", "raft.runtime", "shard.host", "rpc", "proto")
              .uses(PROTOBUF, METRICS, SLF4J),
          room("shard.service")
              .knows("raft", "shard", "rpc", "proto")
              .uses(PROTOBUF, METRICS, SLF4J),
          room("placement.model").within(DATA_JDK),
          room("placement.plan").within(DATA_JDK).knows("placement.model"),
          room("placement.store")
              .knows("placement.model", "raft.core", "raft.port", "raft.state", "proto")
              .uses(PROTOBUF, ROCKSDB, METRICS, SLF4J),
          room("placement.service")
              .knows("placement", "raft", "rpc", "proto")
              .uses(PROTOBUF, METRICS, SLF4J),
          room("router.map").knows("rpc", "proto").uses(CAFFEINE, PROTOBUF, METRICS, SLF4J),
          room("router.client")
              .knows("router.map", "rpc", "session", "proto")
              .uses(CAFFEINE, PROTOBUF, METRICS, SLF4J),
          room("router.gateway").knows("router.client", "rpc").uses(NETTY, METRICS, SLF4J),
          room("router.load")
              .knows("router.client")
              .uses(HISTOGRAM, JACKSON, METRICS, PICOCLI, SLF4J),
          room("router.cli")
              .knows("router.client", "router.load")
              .uses(JACKSON, METRICS, PICOCLI, SLF4J),
          room("deploy").within("*.."));

  /** Every rule by its name. */
  Map<String, ArchRule> rules() {
    Map<String, ArchRule> rules = new LinkedHashMap<>();
    for (Room room : TABLE) {
      rules.put(room.name() + " keeps to its line of the table", keepsToItsLine(room));
    }
    rules.put("every class has a room", everyClassHasARoom());
    rules.put("rooms have no cycles", roomsHaveNoCycles());
    rules.put("time and chance are passed in", timeAndChanceArePassedIn());
    rules.put("a name says what a thing is", aNameSaysWhatAThingIs());
    return rules;
  }

  private ArchRule keepsToItsLine(Room room) {
    String[] known =
        Stream.of(
                Stream.of(inside(room.name()), "org.jspecify.."),
                room.jdk().stream(),
                room.libraries().stream(),
                room.rooms().stream().map(this::inside))
            .flatMap(packages -> packages)
            .toArray(String[]::new);
    return classes()
        .that()
        .resideInAPackage(inside(room.name()))
        .should()
        .onlyDependOnClassesThat(resideInAnyPackage(known));
  }

  private ArchRule everyClassHasARoom() {
    String[] rooms = TABLE.stream().map(Room::name).map(this::inside).toArray(String[]::new);
    return classes().that().resideInAPackage(root + "..").should().resideInAnyPackage(rooms);
  }

  private ArchRule roomsHaveNoCycles() {
    return slices().assignedFrom(new ByRoom()).should().beFreeOfCycles();
  }

  private ArchRule timeAndChanceArePassedIn() {
    DescribedPredicate<JavaMethodCall> now =
        describe(
            "java.time's now()",
            call ->
                call.getTarget().getName().equals("now")
                    && call.getTargetOwner().getPackageName().equals("java.time"));
    return noClasses()
        .that()
        .resideInAnyPackage(
            inside("raft.core"),
            inside("shard.kv"),
            inside("placement.model"),
            inside("placement.plan"))
        .should(
            callMethod(System.class, "nanoTime")
                .or(callMethod(System.class, "currentTimeMillis"))
                .or(callMethod(Math.class, "random"))
                .or(callMethodWhere(now))
                .or(
                    dependOnClassesThat(
                        belongToAnyOf(
                            Clock.class,
                            Random.class,
                            SecureRandom.class,
                            SplittableRandom.class,
                            ThreadLocalRandom.class,
                            UUID.class))));
  }

  private ArchRule aNameSaysWhatAThingIs() {
    return noClasses()
        .that()
        .resideInAPackage(root + "..")
        .and()
        .resideOutsideOfPackage(inside("proto"))
        .should()
        .haveNameMatching(".*(Impl|Manager|Helper|Utils?|Common)$");
  }

  private String inside(String room) {
    return root + "." + room + "..";
  }

  /** A room is one slice, its inner packages included. */
  private final class ByRoom implements SliceAssignment {
    @Override
    public SliceIdentifier getIdentifierOf(JavaClass type) {
      return roomOf(type).map(SliceIdentifier::of).orElseGet(SliceIdentifier::ignore);
    }

    @Override
    public String getDescription() {
      return "rooms";
    }

    private Optional<String> roomOf(JavaClass type) {
      return TABLE.stream()
          .map(Room::name)
          .filter(room -> (type.getPackageName() + ".").startsWith(root + "." + room + "."))
          .findFirst();
    }
  }

  private static Room room(String name) {
    return new Room(name, List.of(ANY_JDK), List.of(), List.of());
  }

  /** One line: the part of the JDK, the rooms and the libraries that this room may use. */
  private record Room(String name, List<String> jdk, List<String> rooms, List<String> libraries) {
    Room within(String... packages) {
      return new Room(name, List.of(packages), rooms, libraries);
    }

    Room knows(String... names) {
      return new Room(name, jdk, List.of(names), libraries);
    }

    Room uses(String... packages) {
      List<String> all = new ArrayList<>(libraries);
      all.addAll(List.of(packages));
      return new Room(name, jdk, rooms, List.copyOf(all));
    }
  }
}
