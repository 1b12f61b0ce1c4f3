package io.tributary.core.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tributary.core.wire.v3.Seeds;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class StoreKeyTest {
  @Test
  void hasTheBindingText() {
    assertThat(new StoreKey.Sealed("t", "7ba0a2f8-efc1_4.~Z"))
        .hasToString("t/sealed:7ba0a2f8-efc1_4.~Z");
    assertThat(new StoreKey.SealedBatch("t", "p", "s")).hasToString("t/batch:p:s");
    assertThat(new StoreKey.Plain("t", "s")).hasToString("t/plain:s");
    assertThat(new StoreKey.Plain("a/b", "c:d% ")).hasToString("a%2Fb/plain:c%3Ad%25%20");
    assertThat(new StoreKey.Sealed("t", "é🔑")).hasToString("t/sealed:%C3%A9%F0%9F%94%91");
    assertThat(new StoreKey.Sealed("", "")).hasToString("/sealed:");
  }

  @Test
  void anyNamesSurvive() {
    Random random = Seeds.random("anyNamesSurvive");
    for (int i = 0; i < 20_000; i++) {
      StoreKey key = switch (random.nextInt(3)) {
        case 0 -> new StoreKey.Sealed(name(random), name(random));
        case 1 -> new StoreKey.SealedBatch(name(random), name(random), name(random));
        default -> new StoreKey.Plain(name(random), name(random));
      };
      assertThat(StoreKey.parse(key.toString())).isEqualTo(key);
      assertThat(key.toString())
          .matches("[A-Za-z0-9._~%-]*/(sealed|batch|plain):[A-Za-z0-9._~%:-]*");
    }
  }

  private static String name(Random random) {
    StringBuilder name = new StringBuilder();
    for (int i = random.nextInt(6); i > 0; i--) {
      int codePoint = random.nextBoolean()
          ? "a:/% .~-_\0".charAt(random.nextInt(10))
          : random.nextInt(0x110000);
      name.appendCodePoint(
          codePoint >= Character.MIN_SURROGATE && codePoint <= Character.MAX_SURROGATE
              ? '?'
              : codePoint);
    }
    return name.toString();
  }

  @Test
  void equalNamesOfTwoKindsAreTwoStores() {
    assertThat(new StoreKey.Sealed("t", "x")).isNotEqualTo(new StoreKey.Plain("t", "x"));
    assertThat(new StoreKey.Sealed("t", "x").toString())
        .isNotEqualTo(new StoreKey.Plain("t", "x").toString());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "t",
        "t/",
        "t/sealed",
        "t/other:x",
        "sealed:x",
        "t/sealed:a:b",
        "t/plain:a:b",
        "t/batch:a",
        "t/batch:a:b:c",
        "t/sealed:a/b",
        "t/sealed:%",
        "t/sealed:%4",
        "t/sealed:%zz",
        "t/sealed:a b",
        "t/sealed:é",
        "t/sealed:%C3",
        "t/sealed:%ED%A0%80",
        "t/u/sealed:x",
        "a:b/sealed:x"
      })
  void refusesWhatIsNoKey(String text) {
    assertThatThrownBy(() -> StoreKey.parse(text)).isInstanceOf(IllegalArgumentException.class);
  }

  @ParameterizedTest
  @CsvSource({"abc, abc", "12345678, 12345678", "123456789, 12345678", "1234567🔑9, 1234567🔑"})
  void logsShowAtMost8CharactersOfAKey(String publicKey, String shown) {
    assertThat(StoreKey.cut(publicKey)).isEqualTo(shown);
    assertThat(new StoreKey.Sealed("t", publicKey).abbreviated())
        .isEqualTo(new StoreKey.Sealed("t", shown).toString());
    assertThat(new StoreKey.SealedBatch("t", publicKey, "a-long-store-name").abbreviated())
        .isEqualTo(new StoreKey.SealedBatch("t", shown, "a-long-store-name").toString());
  }
}
