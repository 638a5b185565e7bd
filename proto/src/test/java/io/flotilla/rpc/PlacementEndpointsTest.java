package io.flotilla.rpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.flotilla.proto.placement.PlacementMember;
import java.util.List;
import org.junit.jupiter.api.Test;

class PlacementEndpointsTest {
  private final PlacementEndpoints endpoints = new PlacementEndpoints(List.of("a:1", "b:1", "x:9"));

  @Test
  void followsTheMapAndKeepsItsSeeds() {
    endpoints.learn(List.of());
    assertThat(endpoints.all()).containsExactly("a:1", "b:1", "x:9");
    endpoints.learn(
        List.of(member(1, "a:1", true), member(2, "b:1", false), member(4, "d:1", false)));
    assertThat(endpoints.all()).containsExactly("b:1", "d:1", "x:9");
    endpoints.learn(List.of());
    assertThat(endpoints.all()).containsExactly("b:1", "d:1", "x:9");
  }

  @Test
  void anAddressMayServeANewMember() {
    endpoints.learn(List.of(member(1, "a:1", true), member(5, "a:1", false)));
    assertThat(endpoints.all()).containsExactly("a:1", "b:1", "x:9");
  }

  @Test
  void goesRound() {
    assertThat(endpoints.after("a:1")).isEqualTo("b:1");
    assertThat(endpoints.after("x:9")).isEqualTo("a:1");
    assertThat(endpoints.after("gone:1")).isEqualTo("a:1");
    assertThatThrownBy(() -> new PlacementEndpoints(List.of()))
        .hasMessageContaining("at least one is needed");
  }

  private static PlacementMember member(long id, String address, boolean removed) {
    return PlacementMember.newBuilder().setId(id).setAddress(address).setRemoved(removed).build();
  }
}
