"""What is sold and reached: levels, themes, frames, badges, packages, gifts."""

from flylive.adoption.plans import (
    RARITIES,
    Change,
    Left,
    Plan,
    at_least_zero,
    between,
    json_object,
    not_blank,
    one_of,
)

_FIRST = "(o.type <> 'vip' AND o.level_number = 1)"

LEVELS = Plan(
    "levels",
    left=(
        Left(
            "lower(btrim(o.type)) NOT IN ('wealth', 'charm', 'room', 'vip')",
            "is a level of no kind that there is",
        ),
        Left(
            "o.level_number < 1 OR (lower(btrim(o.type)) = 'vip' AND o.level_number > 7)",
            "has a number that no level of its kind has",
        ),
    ),
    changes=(
        not_blank("name", "o.type || ' ' || o.level_number"),
        one_of("type", ("wealth", "charm", "room", "vip"), "wealth"),
        Change(
            "required_xp",
            f"CASE WHEN {_FIRST} THEN 0 ELSE GREATEST(o.required_xp, 0) END",
            f"o.required_xp < 0 OR ({_FIRST} AND o.required_xp <> 0)",
            "becomes 0: level 1 is where everybody starts, and no XP is below 0",
        ),
        *(
            Change(
                column,
                f"CASE WHEN {_FIRST} THEN 0 ELSE GREATEST(COALESCE(o.{column}, 0), 0) END",
                f"o.{column} IS NULL OR o.{column} < 0 OR ({_FIRST} AND o.{column} <> 0)",
                "becomes 0: level 1 rewards nothing, and no reward is below 0",
            )
            for column in ("coin_reward", "diamond_reward")
        ),
        Change(
            "frame_rewards",
            f"CASE WHEN NOT {_FIRST} THEN array_remove(o.frame_rewards, NULL) END",
            f"array_position(o.frame_rewards, NULL) IS NOT NULL"
            f" OR ({_FIRST} AND cardinality(o.frame_rewards) > 0)",
            "frames that are NULL go out, and level 1 rewards nothing",
        ),
        json_object("privileges"),
    ),
)

THEMES = Plan(
    "themes",
    joins="""
        LEFT JOIN (SELECT min(id) AS id FROM old_themes
                   WHERE is_default AND COALESCE(is_active, true) AND COALESCE(price, 0) <= 0) AS d
             ON d.id = o.id
    """,
    changes=(
        not_blank("name", "'Theme ' || o.id"),
        at_least_zero("price"),
        between("vip_level_required", 0, 7, 0),
        json_object("css_styles"),
        Change(
            "is_default",
            "d.id IS NOT NULL",
            "o.is_default AND d.id IS NULL",
            "is no default any more: there is one, and it is active and free",
        ),
    ),
)

FRAMES = Plan(
    "frames",
    changes=(
        not_blank("name", "'Frame ' || o.id"),
        Change(
            "price",
            "CASE WHEN o.price > 0 THEN o.price ELSE 0.01 END",
            "o.price <= 0",
            "cost nothing: now 0.01 and switched off, until you set a price",
        ),
        Change("is_active", "COALESCE(o.is_active, true) AND o.price > 0"),
        one_of("rarity", RARITIES, "common"),
        Change(
            "duration_days",
            "CASE WHEN o.duration_days < 1 THEN 1 ELSE o.duration_days END",
            "o.duration_days < 1",
            "lasts less than a day: becomes one day",
        ),
        between("vip_level_required", 0, 7, 0),
        between("level_required", 1, 2**31 - 1, 1),
    ),
)

_RULE = r"(jsonb_typeof(o.requirements) = 'object' AND o.requirements ?| ARRAY['all','any','not'])"

BADGES = Plan(
    "badges",
    changes=(
        not_blank("name", "'Badge ' || o.id"),
        one_of("category", ("achievement", "activity", "personal", "room"), "achievement"),
        one_of("rarity", RARITIES, "common"),
        Change(
            "requirements",
            "CASE WHEN jsonb_typeof(o.requirements) = 'object' THEN o.requirements"
            " ELSE jsonb_build_object('laravel', o.requirements) END",
            f"NOT {_RULE}",
            "is no rule in our words (all, any, not): switched off, who has the badge keeps it",
        ),
        Change("is_active", f"COALESCE(o.is_active, true) AND {_RULE}"),
    ),
)

_COUNTRIES = """(SELECT array_agg(DISTINCT c.code ORDER BY c.code)
                 FROM unnest(o.country_restrictions) AS r (found)
                 JOIN adopt_countries c USING (found) WHERE c.code <> 'ZZ')"""
_NOWHERE = f"(cardinality(o.country_restrictions) > 0 AND {_COUNTRIES} IS NULL)"

RECHARGE_PACKAGES = Plan(
    "recharge_packages",
    left=(Left("o.coin_amount <= 0 OR o.price <= 0", "sells nothing, or for nothing"),),
    changes=(
        not_blank("name", "'Package ' || o.id"),
        at_least_zero("bonus_coins"),
        Change(
            "currency",
            "CASE WHEN upper(btrim(o.currency)) ~ '^[A-Z]{3}$' THEN upper(btrim(o.currency))"
            " ELSE 'USD' END",
            "COALESCE(upper(btrim(o.currency)) !~ '^[A-Z]{3}$', true)",
            "is no currency's code: becomes USD",
        ),
        Change(
            "is_active",
            "COALESCE(o.is_active, true)"
            " AND COALESCE(upper(btrim(o.currency)) ~ '^[A-Z]{3}$', true)"
            f" AND NOT COALESCE({_NOWHERE}, false)",
            "upper(btrim(o.currency)) !~ '^[A-Z]{3}$' OR " + _NOWHERE,
            "its currency or all its countries are unknown: switched off",
        ),
        Change(
            "country_restrictions",
            _COUNTRIES,
            "cardinality(o.country_restrictions) = 0"
            f" OR o.country_restrictions IS DISTINCT FROM {_COUNTRIES}",
            "ISO 3166-1 alpha-2, unknown ones left out; none at all means everywhere",
        ),
    ),
)

NO_ODDS = '{"entries": [{"weight": 1, "multiplier": "0"}], "total": 1}'

GIFTS = Plan(
    "gifts",
    joins="LEFT JOIN adopt_countries c ON c.found = o.country_specific",
    changes=(
        not_blank("name", "'Gift ' || o.id"),
        Change(
            "price",
            "CASE WHEN o.price > 0 THEN o.price ELSE 0.01 END",
            "o.price <= 0",
            "cost nothing: now 0.01 and switched off, until you set a price",
        ),
        Change(
            "category",
            """CASE WHEN lower(btrim(o.category)) = 'country' AND COALESCE(c.code, 'ZZ') = 'ZZ'
                    THEN 'normal'
                    WHEN lower(btrim(o.category)) IN ('normal', 'lucky', 'cp', 'vip', 'country')
                    THEN lower(btrim(o.category)) ELSE 'normal' END""",
            """lower(btrim(o.category)) NOT IN ('normal', 'lucky', 'cp', 'vip', 'country')
               OR (lower(btrim(o.category)) = 'country' AND COALESCE(c.code, 'ZZ') = 'ZZ')""",
            "is no category that there is, or a country's gift without a country: becomes normal",
        ),
        Change(
            "lucky_odds",
            f"CASE WHEN lower(btrim(o.category)) = 'lucky' THEN '{NO_ODDS}'::jsonb END",
            "lower(btrim(o.category)) = 'lucky'",
            "a lucky gift without odds: switched off, until you publish its table",
        ),
        Change(
            "is_active",
            "COALESCE(o.is_active, true) AND o.price > 0 AND lower(btrim(o.category)) <> 'lucky'",
        ),
        one_of("rarity", RARITIES, "common"),
        *(
            Change(
                column,
                f"GREATEST(COALESCE(o.{column}, 1), 0)",
                f"o.{column} IS NULL OR o.{column} < 0",
                "becomes 1 where it was missing, 0 where it was below",
            )
            for column in ("wealth_xp_multiplier", "charm_xp_multiplier")
        ),
        Change(
            "vip_level_required",
            """LEAST(GREATEST(COALESCE(o.vip_level_required, 0),
                      CASE WHEN lower(btrim(o.category)) = 'vip' THEN 1 ELSE 0 END), 7)""",
            """COALESCE(o.vip_level_required, -1) NOT BETWEEN
                      CASE WHEN lower(btrim(o.category)) = 'vip' THEN 1 ELSE 0 END AND 7""",
            "is kept within 0 and 7, and a VIP's gift needs 1 at least",
        ),
        Change(
            "country_specific",
            "NULLIF(c.code, 'ZZ')",
            "c.code = 'ZZ' OR c.code <> o.country_specific",
            "ISO 3166-1 alpha-2; no country's code becomes NULL",
        ),
    ),
)

PLANS = (LEVELS, THEMES, FRAMES, BADGES, RECHARGE_PACKAGES, GIFTS)
