"""Made-up tables with the quirks of well-known ones: missing cells, codes, dates, rare values, large targets."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray


def _chance(logit: NDArray[np.float64], random: np.random.Generator) -> NDArray[np.bool_]:
    return random.random(len(logit)) < 1 / (1 + np.exp(-logit))


def _with_gaps(values: NDArray[Any], share: float, random: np.random.Generator) -> list[str]:
    gaps = random.random(len(values)) < share
    return ["" if gap else str(value) for value, gap in zip(values, gaps, strict=True)]


def titanic(random: np.random.Generator, rows: int = 890) -> dict[str, Any]:
    """Who survived: an identifier, names, missing ages, a mostly missing cabin, a class as a number."""
    pclass, female = random.integers(1, 4, rows), random.random(rows) < 0.35
    age = random.gamma(6, 5, rows).round(1)
    fare = np.exp(4.5 - pclass + random.normal(0, 0.6, rows)).round(4)
    survived = _chance(1.2 + 2.6 * female - 0.9 * pclass - 0.03 * (age - 30), random)
    return {
        "PassengerId": np.arange(1, rows + 1),
        "Survived": survived.astype(int),
        "Pclass": pclass,
        "Name": [f"Person{n}, {'Mrs' if f else 'Mr'}. Given{n % 97}" for n, f in enumerate(female)],
        "Sex": np.where(female, "female", "male"),
        "Age": _with_gaps(age, 0.2, random),
        "Fare": fare,
        "Cabin": _with_gaps(np.array([f"C{n % 140}" for n in range(rows)]), 0.77, random),
        "Embarked": _with_gaps(random.choice(["S", "C", "Q"], rows, p=[0.7, 0.2, 0.1]), 0.002, random),
    }


def churn(random: np.random.Generator, rows: int = 1500) -> dict[str, Any]:
    """Who leaves: a customer number, yes and no, charges with blanks, a seventh of the customers."""
    tenure, monthly = random.integers(0, 72, rows), random.uniform(20, 120, rows).round(2)
    contract = random.choice(["Month-to-month", "One year", "Two year"], rows, p=[0.55, 0.25, 0.2])
    senior = (random.random(rows) < 0.16).astype(int)
    logit = -1.6 - 0.05 * tenure + 0.02 * (monthly - 60) + 1.2 * (contract == "Month-to-month") + 0.5 * senior
    total = [" " if months == 0 else f"{months * rate:.2f}" for months, rate in zip(tenure, monthly, strict=True)]
    return {
        "customerID": [f"{7000 + n * 7919 % 3000:04}-{n:05}X" for n in range(rows)],
        "SeniorCitizen": senior,
        "Partner": random.choice(["Yes", "No"], rows),
        "tenure": tenure,
        "Contract": contract,
        "MonthlyCharges": monthly,
        "TotalCharges": total,
        "Churn": np.where(_chance(logit, random), "Yes", "No"),
    }


def wine(random: np.random.Generator, rows: int = 1200) -> dict[str, Any]:
    """How good a wine is, in whole numbers from 3 to 8, by measurements alone."""
    alcohol, acid = random.normal(10.4, 1.1, rows), random.gamma(9, 0.06, rows)
    sulphates, sugar = random.gamma(14, 0.047, rows), random.gamma(2, 1.3, rows)
    score = 5.6 + 0.45 * (alcohol - 10.4) - 1.6 * (acid - 0.54) + 1.2 * (sulphates - 0.66)
    quality = np.clip(np.round(score + random.normal(0, 0.55, rows)), 3, 8).astype(int)
    return {
        "fixed acidity": random.normal(8.3, 1.7, rows).round(1),
        "volatile acidity": acid.round(3),
        "residual sugar": sugar.round(1),
        "sulphates": sulphates.round(2),
        "density": (0.9967 + random.normal(0, 0.0019, rows)).round(5),
        "alcohol": alcohol.round(1),
        "quality": quality,
    }


def adult(random: np.random.Generator, rows: int = 2000) -> dict[str, Any]:
    """Who earns much: question marks, blanks after commas, a country with many rare values, amounts mostly 0."""
    age, hours = random.integers(17, 80, rows), random.normal(40, 11, rows).round().clip(1, 99).astype(int)
    education = random.integers(1, 17, rows)
    gain = np.where(random.random(rows) < 0.08, random.gamma(1.5, 6000, rows).round(), 0).astype(int)
    married = random.random(rows) < 0.47
    logit = -8.2 + 0.035 * age + 0.33 * education + 0.03 * hours + 1.9 * married + 0.00025 * gain
    countries = ["United-States", "Mexico", *(f"Country-{n}" for n in range(38))]
    weights = np.array([0.9, 0.02, *np.full(38, 0.08 / 38)])
    work = random.choice(["Private", "Self-emp", "Gov", "?"], rows, p=[0.7, 0.12, 0.12, 0.06])
    return {
        "age": age,
        "workclass": work,
        "education-num": education,
        "marital-status": np.where(married, "Married-civ-spouse", "Never-married"),
        "capital-gain": gain,
        "hours-per-week": hours,
        "native-country": random.choice(countries, rows, p=weights / weights.sum()),
        "income": np.where(_chance(logit, random), ">50K", "<=50K"),
    }


def ames(random: np.random.Generator, rows: int = 1400) -> dict[str, Any]:
    """What a house costs: a large target with a long tail, a code that looks like a number, NA for "none"."""
    area, quality = random.gamma(8, 190, rows).round().astype(int), random.integers(1, 11, rows)
    year = random.integers(1900, 2010, rows)
    areas = np.array([f"Area{n:02}" for n in range(25)])
    where = random.integers(0, 25, rows)
    log = 10.4 + 0.00028 * area + 0.11 * quality + 0.002 * (year - 1950) + 0.012 * where
    lot = random.normal(70, 20, rows).clip(20).round()
    return {
        "Id": np.arange(1, rows + 1),
        "MSSubClass": random.choice(["020", "060", "120", "190"], rows),
        "LotFrontage": _with_gaps(lot.astype(int), 0.18, random),
        "Neighborhood": areas[where],
        "OverallQual": quality,
        "YearBuilt": year,
        "Alley": _with_gaps(random.choice(["Grvl", "Pave"], rows), 0.93, random),
        "GrLivArea": area,
        "SaleDate": [f"{2006 + n % 5}-{n % 12 + 1:02}-{n % 28 + 1:02}" for n in range(rows)],
        "SalePrice": np.exp(log + random.normal(0, 0.12, rows)).round(-2).astype(int),
    }


TABLES = {"titanic": titanic, "churn": churn, "wine": wine, "adult": adult, "ames": ames}
"""Each table by its name."""

TARGETS = {"titanic": "Survived"}
"""The target's column where it is not the last."""


def write(name: str, folder: Path, seed: int = 3) -> Path:
    """Write a table to a file of its name in a folder."""
    columns = TABLES[name](np.random.default_rng(seed))
    path = folder / f"{name}.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(columns)
        writer.writerows(zip(*columns.values(), strict=True))
    return path
