// The lexicon and the sentence templates of the sentiment corpus.
//
// A template is a line of text with slots in braces. The slots that carry an opinion have two polarities, "+"
// and "-". If all slots of a template change their polarity, its label changes. So one template gives
// sentences of both labels, and the template itself says nothing about the label.
//
//   {A} {B}    nouns of one domain, of different groups: "waiter", "food"
//   {C} {D}    the same, but only nouns that can be counted: "a waiter", and never "a food"
//   {T} {U}    the same, but only things that take all general adjectives: "the film was great"
//   {V} {X}    the same, but only things to enjoy: "I enjoyed the soup", and never "the charger"
//   {R}        the same, but only what one recommends: "this dentist", and never "this bill"
//              (A, C, T, V and R all name the first noun of a sentence, B, D, U and X the second)
//   {W}        the place, the maker or the work that a review is about; {O} the time spent with it
//   {A+}       an adjective that praises {A}; {A-}: one that blames it
//   {A+m}      a mild one, which takes "very" and "not"; {A+s}: a strong one, with "absolutely"
//   {A+n}      one that is natural after a negation: the mild ones and "great"
//   {G+}       an adjective that fits everything; {P+}: one that fits a part or a phase of something
//   {name}     any word of the list `name` below; {name+} and {name-} if the list has two polarities
//   {A+m2}     a digit asks for another word than the same slot without it
#pragma once

#include <array>
#include <string_view>

namespace sentiment {

// Words of one polarity; the words of a list are separated by "|".
struct Opinions {
  std::string_view mild;
  std::string_view strong;
};

inline constexpr Opinions kGeneralPraise{"good|nice", "great|excellent|wonderful|fantastic|amazing|perfect"};
inline constexpr Opinions kGeneralBlame{"bad|poor|disappointing", "terrible|awful|horrible|dreadful"};

// Opinions about a start, an end, a first or a second half, and about anything that changes in time.
inline constexpr Opinions kPartPraise{"good|nice|pleasant", "great|excellent|wonderful|perfect"};
inline constexpr Opinions kPartBlame{"bad|poor|disappointing|unpleasant|dull", "terrible|awful|horrible"};

enum class Domain { kRestaurant, kFilm, kProduct, kTravel, kService };
inline constexpr int kDomains = 5;

// What kinds of sentences a noun takes besides its own adjectives.
enum Uses : unsigned {
  kNoMore = 0,
  kGeneral = 1,    // all the general adjectives
  kRecommend = 2,  // "I recommend this ..."
  kEnjoy = 4,      // "I enjoyed the ..."
  kWhole = 8,      // is a {W} itself, and does not stand beside another one
};

// A group of nouns together with the adjectives that suit all of them.
struct NounGroup {
  Domain domain;
  unsigned uses;
  std::string_view countable;
  std::string_view uncountable;
  std::string_view experienced;  // "the best film I have ever ..."
  Opinions praise;
  Opinions blame;
};

// Set by hand, in four lines a group.
// clang-format off
inline constexpr std::array kNounGroups{
    NounGroup{Domain::kRestaurant, kGeneral | kRecommend | kEnjoy,
              "meal|soup|pizza|dessert|breakfast|steak|salad|cake|dinner|lunch", "food|fish|bread|pasta",
              "had", {"tasty|fresh", "delicious"}, {"bland|tasteless", "disgusting"}},
    NounGroup{Domain::kRestaurant, kNoMore, "waiter|waitress|chef", "staff", "met",
              {"friendly|polite|helpful|kind", "lovely|wonderful"},
              {"rude|unfriendly|careless|impatient", "awful|horrible"}},
    NounGroup{Domain::kRestaurant, kGeneral | kRecommend | kEnjoy, "restaurant|bar|terrace", "", "seen",
              {"cosy|clean|pleasant", "lovely"}, {"dirty|noisy|crowded", ""}},
    NounGroup{Domain::kRestaurant, kGeneral, "", "service", "had",
              {"quick|friendly", ""}, {"slow|careless", ""}},
    NounGroup{Domain::kFilm, kGeneral | kRecommend | kEnjoy | kWhole, "film|movie|comedy|thriller", "", "seen|watched",
              {"gripping|clever|moving|exciting|funny", "brilliant"},
              {"boring|dull|predictable|silly|confusing", ""}},
    NounGroup{Domain::kFilm, kGeneral | kEnjoy, "story|plot|script|ending", "", "seen",
              {"gripping|clever|moving|exciting", "brilliant"},
              {"boring|dull|predictable|silly|confusing", ""}},
    NounGroup{Domain::kFilm, kGeneral | kEnjoy, "cast|performance", "acting", "seen",
              {"convincing|moving", "brilliant"}, {"weak|wooden", ""}},
    NounGroup{Domain::kFilm, kGeneral | kRecommend | kEnjoy, "soundtrack|song", "music", "heard",
              {"beautiful|moving", "brilliant"}, {"boring|annoying", ""}},
    NounGroup{Domain::kProduct, kGeneral | kRecommend, "phone|laptop|camera|printer|kettle", "", "had|owned",
              {"reliable|sturdy|useful", ""}, {"unreliable|flimsy|slow", "useless"}},
    NounGroup{Domain::kProduct, kGeneral | kRecommend, "keyboard|charger|case|cable", "", "had",
              {"reliable|sturdy|solid", ""}, {"unreliable|flimsy|weak", "useless"}},
    NounGroup{Domain::kProduct, kGeneral, "battery|screen|picture", "sound", "had|seen", {"", ""}, {"", ""}},
    NounGroup{Domain::kProduct, kNoMore, "price", "", "seen",
              {"fair|reasonable", "excellent"}, {"unfair|unreasonable", "terrible"}},
    NounGroup{Domain::kTravel, kGeneral | kRecommend | kEnjoy, "room|hotel|apartment|cabin", "", "seen|had",
              {"clean|comfortable|spacious|quiet|cosy", "lovely"},
              {"dirty|uncomfortable|cramped|noisy", ""}},
    NounGroup{Domain::kTravel, kGeneral | kRecommend | kEnjoy, "trip|holiday|tour|flight|cruise", "", "had",
              {"relaxing|pleasant|exciting", "unforgettable"}, {"tiring|stressful|unpleasant", ""}},
    NounGroup{Domain::kTravel, kRecommend, "guide|driver|host", "staff", "met",
              {"friendly|polite|helpful|kind", "lovely|wonderful"},
              {"rude|unfriendly|careless|impatient", "awful|horrible"}},
    NounGroup{Domain::kTravel, kGeneral | kRecommend | kEnjoy, "beach|pool|garden|city", "", "seen",
              {"beautiful|clean|pleasant", "lovely"}, {"dirty|crowded|noisy", ""}},
    NounGroup{Domain::kService, kRecommend, "doctor|nurse|mechanic|technician|dentist|hairdresser|teacher", "",
              "met", {"friendly|polite|helpful|kind|patient", "lovely|wonderful"},
              {"rude|unfriendly|careless|impatient|unhelpful", "awful|horrible"}},
    NounGroup{Domain::kService, kGeneral, "repair|delivery|website|hotline", "service|support", "had|seen",
              {"quick|smooth|reliable", ""}, {"slow|sloppy|unreliable", ""}},
    NounGroup{Domain::kService, kNoMore, "bill|offer", "", "seen",
              {"fair|reasonable", "excellent"}, {"unfair|unreasonable", "terrible"}},
};
// clang-format on

// The whole thing that a review is about, and the name of the time spent with it, by domain.
inline constexpr std::array<std::string_view, kDomains> kWholes{"restaurant|place|bistro",
                                                                "film|movie|series", "shop|brand|model",
                                                                "resort|place|agency", "company|clinic|firm"};
inline constexpr std::array<std::string_view, kDomains> kOccasions{
    "evening|night|time", "evening|night|time", "experience", "stay|week|time", "visit|experience"};

// Statements about {A} within a longer sentence are {S+} and {S-}; those about the second noun are {Z+} and
// {Z-}.
inline constexpr std::array kStatements{
    std::string_view("the {A} {is} {A+}"),
    std::string_view("the {A} {is} {very} {A+m}"),
    std::string_view("the {A} {is} not {A-n}"),
    std::string_view("the {A} {isn't} {A-n}"),
    std::string_view("the {A} was never {A-m}"),
    std::string_view("the {A} was not {A-m} at all"),
    std::string_view("the {A} was {better+} than {expected}"),
    std::string_view("the {A} could not be {better+}"),
    std::string_view("there was nothing {A-m} about the {A}"),
};

// Whether the writer wants more of it, by domain.
inline constexpr std::string_view kVisitAgain =
    "I will come back|we will be back|I would come again|we will return";
inline constexpr std::string_view kStayAway =
    "I will not come back|we won't be back|I would never come again|we will never return";
inline constexpr std::array<std::string_view, kDomains> kAgain{
    kVisitAgain, "I will watch it again|I would see it again", "I would buy it again|I will buy here again",
    kVisitAgain, kVisitAgain};
inline constexpr std::array<std::string_view, kDomains> kNeverAgain{
    kStayAway, "I will not watch it again|I would never see it again",
    "I would not buy it again|I will never buy here again", kStayAway, kStayAway};

// Events, by domain: clauses that have an opinion without an adjective.
inline constexpr std::array<std::string_view, kDomains> kJoys{
    "everything was hot and fresh|the portions were big|we did not have to wait|it was worth the money|"
    "my kids loved everything|it is not expensive at all|every order was right|we laughed all evening|"
    "we got a table at once|nobody left hungry|they thought of everything|it tasted like home|"
    "I ate every bit of it|you get a lot for your money|there was nothing to complain about",
    "we laughed all the time|I was never bored|it never gets boring|every minute is exciting|"
    "I have seen it twice|my kids laughed for two hours|it is not too long|I was awake all the time|"
    "it was worth the money|nobody was bored|I want to see it again|I loved it from start to end|"
    "we had a lot of fun|it made me happy|nobody wanted it to end",
    "it works well|it is easy to use|it looks nice|it feels solid|it arrived early|I use it every day|"
    "I never had any trouble|it still works after two years|it was worth the money|nothing was missing|"
    "it was not expensive|you get a lot for your money|it is small and light|it does what I want|"
    "it saves me a lot of time|everything works",
    "we had no trouble|we slept well|everything was on time|there was always enough hot water|"
    "the kids did not want to go home|it was worth the money|everyone was happy|we felt at home|"
    "nobody was in a hurry|we could see the sea|it was not expensive|we had a lot of fun|we want to stay "
    "longer|"
    "we never had to wait|they took good care of us",
    "they answered at once|they fixed it in one day|it did not hurt|I did not have to wait|"
    "nothing was broken|they helped me in five minutes|they took their time|everything works again|"
    "they called me back|I trust them|they made it right|they are always on time|it took only one day|"
    "they saved me a lot of money|they did more than they promised"};
inline constexpr std::array<std::string_view, kDomains> kWoes{
    "we had to wait for an hour|the portions were too small|half of our order was missing|everything was "
    "cold|"
    "they forgot our order|it was not worth the money|it is far too expensive|everyone left hungry|"
    "nobody came to our table|nothing was hot|nothing tasted fresh|our order came late|we got the wrong "
    "order|"
    "I could not eat it|there was a hair in it",
    "I was bored|nobody laughed|I fell asleep|it is far too long|we left after an hour|I wanted my money "
    "back|"
    "it makes no sense|there is nothing new in it|it was a waste of time|everyone was bored|"
    "it was not worth the money|I could not wait for it to end|it is just too long|we did not laugh once|"
    "it gave me a headache",
    "it does not work|it broke after a week|it stopped working after two days|it arrived broken|it feels "
    "cheap|"
    "it is not easy to use|it is too loud|it was a waste of money|I sent it back|half of it was missing|"
    "it was too expensive|I paid too much for it|it never worked|it broke the first time|it is still broken",
    "we could not sleep|there was no hot water|nothing was on time|we had to wait for three hours|"
    "they lost our luggage|nobody could help us|we wanted to go home|we paid too much|it was loud every "
    "night|"
    "everything was broken|it was not worth the money|the bus was always late|we were late every day|"
    "they promised a lot and did nothing|it was a waste of time",
    "they never answered|they never called back|I had to wait for two weeks|it hurt a lot|it is still broken|"
    "nobody could help me|they lost my order|they took too much money|nobody listened to me|I don't trust "
    "them|"
    "they did nothing for me|they were two hours late|they promised to come, but they did not|"
    "they took my money and did nothing|they never do what they promised"};

// A list of words or phrases. With `negative` empty it has no polarity.
struct WordList {
  std::string_view name;
  std::string_view positive;
  std::string_view negative;
};

inline constexpr std::array kWordLists{
    WordList{"is", "is|was", ""},
    WordList{"I'm", "I am|I was|I'm", ""},
    WordList{"isn't", "isn't|wasn't", ""},
    WordList{"didn't", "did not|didn't", ""},
    WordList{"opening", "honestly,|to be honest,|frankly,|well,|yes,", ""},
    WordList{"very", "very|really|extremely|so|incredibly", ""},
    WordList{"totally", "absolutely|really|simply|truly", ""},
    WordList{"we", "we|I", ""},
    WordList{"quite", "very|really|truly", ""},
    WordList{"yet", " but|, but| yet|, yet", ""},
    WordList{"but", " but|, but|, yet|; still,", ""},
    WordList{"although", "although|even though|though", ""},
    WordList{"wife", "wife|husband|mother|father|sister|brother|friend", ""},
    WordList{"expected", "expected|I expected|we expected|I hoped|I thought|we had hoped", ""},
    WordList{"much", "much|far|even", ""},
    WordList{"start", "start|beginning|first half|first part|opening", ""},
    WordList{"end", "end|ending|second half|second part|last part", ""},
    WordList{"loved", "loved|liked|enjoyed|adored", "hated|disliked|regretted"},
    WordList{"liked", "loved|liked|really liked", "hated|disliked|really hated"},
    WordList{"love", "love|like|enjoy", "hate|dislike|regret"},
    WordList{"like", "love|like", "hate|dislike"},
    WordList{"recommend", "would recommend|can recommend|highly recommend|would gladly recommend",
             "would not recommend|can't recommend|wouldn't recommend|would never recommend|don't recommend"},
    WordList{"happy", "happy|satisfied|pleased", "unhappy|disappointed|frustrated"},
    WordList{"complaints", "no complaints|no reason to complain",
             "many complaints|serious complaints|every reason to complain"},
    WordList{"good", "good|nice|positive", "bad|negative"},
    WordList{"nothing", "nothing|very little", "a lot|much"},
    WordList{"better", "better", "worse"},
    WordList{"best", "best", "worst"},
    WordList{"try", "should try|must try|should not miss|must not miss",
             "should avoid|must avoid|should not try"},
};

/// Validation chooses the best weights. Like the test, it has templates of its own, and it asks the same of a
/// network. Each of them has relatives in training.
enum class Split { kTraining, kValidation, kTest };

struct Template {
  int id;
  Split split;
  int count;      // how many different sentences of it the corpus takes
  int label;      // of the pattern without changes
  bool mirrored;  // whether half of the sentences swap all polarities and the label
  std::string_view pattern;
};

inline constexpr std::array kTemplates{
    // Plain praise and blame.
    Template{1, Split::kTraining, 64, 1, true, "the {A} {is} {A+}."},
    Template{2, Split::kTraining, 34, 1, true, "the {A} {is} {very} {A+m}."},
    Template{3, Split::kTraining, 24, 1, true, "the {A} {is} {totally} {A+s}."},
    Template{4, Split::kTraining, 18, 1, true, "what a {C+} {C}!"},
    Template{5, Split::kTraining, 28, 1, true, "this {is} a {C+} {C}."},
    Template{6, Split::kTraining, 24, 1, true, "the {A} was {A+m} and {A+}."},
    Template{7, Split::kTraining, 24, 1, true, "{A+} {A} and {B+} {B}."},
    Template{8, Split::kTraining, 18, 1, true, "the {A} was always {A+m}."},
    Template{9, Split::kTraining, 18, 1, true, "the {T} was {G+}, and so was the {U}."},
    Template{10, Split::kTraining, 18, 1, true, "the {A} was {A+} and the {B} was {B+m} too."},
    Template{11, Split::kTraining, 18, 1, true, "{we} had a {quite} {C+m} {C}."},
    Template{12, Split::kTraining, 24, 1, true, "the {T}, the {U} and the {W} were {G+}."},
    Template{13, Split::kTraining, 18, 1, true, "a {C+} {C} and a {D+} {D}."},
    Template{17, Split::kTraining, 18, 1, true, "a {C+m} and {C+} {C}."},
    Template{18, Split::kTraining, 18, 1, true, "{we} had a {G+} {O}."},
    Template{173, Split::kTraining, 26, 1, true, "{we} found the {A} {A+} and the {B} {B+}."},
    Template{174, Split::kTraining, 18, 1, true, "a {C+m}, {C+} {C} and a {D+} {D}."},
    Template{175, Split::kTraining, 18, 1, true, "a {C+} {C}, and {event+}."},
    Template{14, Split::kTraining, 18, 1, true, "I would call the {A} {A+}."},
    Template{15, Split::kTraining, 26, 1, true, "{we} found a {C+} {C}."},
    Template{16, Split::kTraining, 26, 1, true, "{we} found the {A} to be {A+}."},
    // What somebody says, thinks or feels.
    Template{20, Split::kTraining, 24, 1, true, "{we} think that {S+}."},
    Template{21, Split::kValidation, 26, 1, true, "{we} found that {S+}."},
    Template{22, Split::kTraining, 18, 1, true, "my {wife} says that {S+}."},
    Template{23, Split::kTraining, 18, 1, true, "it is true that {S+}."},
    Template{24, Split::kTraining, 18, 1, true, "I must say that {S+}."},
    Template{29, Split::kTraining, 18, 1, true, "{we} find the {A} {A+}."},
    Template{26, Split::kTraining, 18, 1, true, "everybody knows that {S+}."},
    Template{27, Split::kValidation, 18, 1, true, "I can say that {S+}."},
    Template{28, Split::kTraining, 18, 1, true, "{S+}, I think."},
    // Negation, single and double.
    Template{30, Split::kTraining, 54, 0, true, "the {A} {is} not {A+n}."},
    Template{31, Split::kTraining, 48, 0, true, "the {A} {isn't} {A+n}."},
    Template{32, Split::kTraining, 34, 0, true, "the {A} was never {A+n}."},
    Template{33, Split::kTraining, 34, 0, true, "this {is} not a {C+n} {C}."},
    Template{34, Split::kTraining, 28, 0, true, "{we} don't think the {A} is {A+n}."},
    Template{35, Split::kTraining, 18, 0, true, "{we} {didn't} find the {A} {A+n}."},
    Template{36, Split::kTraining, 24, 0, true, "there was nothing {A+m} about the {A}."},
    Template{37, Split::kTraining, 28, 0, true, "the {A} {is} not {A+n} at all."},
    Template{38, Split::kTraining, 18, 0, true, "the {A} was neither {A+m} nor {A+m2}."},
    Template{39, Split::kTraining, 18, 0, false, "the {A} {is} not very {A+m}."},
    Template{40, Split::kTraining, 18, 1, false, "the {A} {is} not too {A-m}."},
    Template{41, Split::kValidation, 18, 0, true, "the {A} {isn't} that {A+n}."},
    Template{42, Split::kTraining, 18, 0, true, "{we} can't say that the {A} was {A+n}."},
    Template{43, Split::kTraining, 24, 0, true, "{we} found the {A} anything but {A+m}."},
    Template{44, Split::kTraining, 24, 0, true, "the {A} was far from {A+m}."},
    Template{45, Split::kTraining, 18, 0, true, "the {A} was not as {A+m} as {expected}."},
    Template{46, Split::kTraining, 18, 0, true, "nobody thought that the {A} was {A+n}."},
    Template{47, Split::kValidation, 18, 0, true, "nobody would say the {A} is {A+n}."},
    Template{48, Split::kTraining, 18, 0, true, "you could not call the {A} {A+n}."},
    Template{49, Split::kTraining, 18, 0, true, "{we} never found the {A} {A+n}."},
    Template{50, Split::kTraining, 18, 0, true, "nobody found the {A} {A+n}."},
    Template{51, Split::kTraining, 18, 0, true, "this was never a {C+n} {C}."},
    Template{52, Split::kValidation, 18, 0, true, "nobody could say that the {A} was {A+n}."},
    Template{53, Split::kTraining, 26, 0, true, "it was not a {C+n} {C} at all."},
    Template{54, Split::kTraining, 24, 0, true, "I do not believe that the {A} is {A+n}."},
    Template{55, Split::kTraining, 18, 0, true, "{we} never had a {C+n} {C}."},
    Template{56, Split::kTraining, 18, 0, true, "I didn't see anything {A+m} about the {A}."},
    Template{57, Split::kTraining, 18, 0, true, "{we} never said that the {A} was {A+n}."},
    Template{150, Split::kTraining, 24, 1, true, "{we} think the {A} is {A+n}."},
    Template{191, Split::kTraining, 24, 1, true, "{we} thought the {A} was {A+}."},
    Template{151, Split::kTraining, 18, 0, true, "{we} found neither the {T} nor the {U} {G+n}."},
    Template{152, Split::kTraining, 18, 0, true, "neither of us {loved+} the {V}."},
    Template{153, Split::kTraining, 18, 0, true, "the {A} was not {A+n}, and neither was the {U}."},
    Template{154, Split::kTraining, 18, 0, true, "I would call neither the {T} nor the {U} {G+n}."},
    Template{155, Split::kTraining, 18, 0, true, "you wouldn't call the {A} {A+n}."},
    Template{156, Split::kTraining, 18, 0, true, "{we} wouldn't call this a {C+n} {C}."},
    Template{157, Split::kTraining, 18, 0, true, "it would not be true to say that the {A} was {A+n}."},
    Template{158, Split::kTraining, 18, 0, true, "it is not right to call the {A} {A+n}."},
    Template{159, Split::kTraining, 26, 0, true, "I never felt that the {A} was {A+n}."},
    Template{160, Split::kTraining, 26, 0, true, "{we} never thought of the {A} as {A+n}."},
    Template{161, Split::kTraining, 18, 0, true, "neither the {start} nor the {end} was {P+m}."},
    Template{162, Split::kTraining, 18, 0, true, "there wasn't anything {A+m} about the {A}."},
    Template{163, Split::kTraining, 26, 0, true, "nobody ever thought the {A} was {A+n}."},
    Template{167, Split::kTraining, 18, 0, true, "it is not true that the {A} was {A+n}."},
    Template{168, Split::kTraining, 18, 0, true, "it is not as if the {A} was {A+n}."},
    Template{169, Split::kTraining, 18, 0, true, "nobody can call this a {C+n} {C}."},
    Template{189, Split::kTraining, 18, 0, true, "{we} never believed that the {A} was {A+n}."},
    Template{192, Split::kTraining, 26, 0, true, "not really a {C+m} {C}."},
    Template{193, Split::kTraining, 18, 0, true, "not a {C+m} {C}, and not a {D+m} {D}."},
    Template{58, Split::kTraining, 18, 0, true, "{we} did not have a {G+m} {O}."},
    // Contrast: the main clause, or the last one, decides.
    Template{60, Split::kTraining, 46, 1, true, "the {A} was {A-}{but} the {B} was {B+}."},
    Template{61, Split::kTraining, 28, 1, true, "the {T} was {G-}{but} the {U} was {G+}."},
    Template{62, Split::kTraining, 44, 1, true, "{although} the {A} was {A-}, the {B} was {B+}."},
    Template{63, Split::kTraining, 44, 1, true, "the {B} was {B+}, {although} the {A} was {A-}."},
    Template{64, Split::kTraining, 34, 1, true, "despite the {A-} {A}, the {B} was {B+}."},
    Template{65, Split::kTraining, 24, 1, true, "the {A} was {A-}{but} the {B} made it a {G+} {O}."},
    Template{66, Split::kTraining, 24, 1, true, "the {A} {isn't} {A+n}{but} the {B} {is} {B+}."},
    Template{67, Split::kTraining, 24, 0, true, "the {A} was {A+}{but} the {B} was not {B+n}."},
    Template{68, Split::kTraining, 18, 1, true, "it is true that the {A} was {A-}, but the {B} was {B+}."},
    Template{69, Split::kTraining, 28, 1, true, "{we} {loved-} the {V}{yet} {loved+} the {X}."},
    Template{70, Split::kTraining, 24, 1, true, "{we} {liked-} the {T}{yet} {liked+} the {U}."},
    Template{71, Split::kTraining, 34, 1, true, "the {start} was {P-}{but} the {end} was {P+}."},
    Template{72, Split::kTraining, 24, 1, true, "the {A} was {A-}{but} I {liked+} this {W}."},
    Template{73, Split::kTraining, 34, 1, true, "{S-}{but} {Z+}."},
    Template{74, Split::kTraining, 24, 1, true, "{although} {S-}, {Z+}."},
    Template{75, Split::kTraining, 24, 1, true, "{Z+}, {although} {S-}."},
    Template{76, Split::kTraining, 24, 1, true,
             "the {A} was {A-} and the {B} was {B-}, but I {recommend+} this {W}."},
    Template{78, Split::kTraining, 24, 1, true, "it was a {G+} {O}, {although} {S-}."},
    Template{177, Split::kTraining, 18, 1, true, "I {liked+} this {W}, {although} the {A} was {A-}."},
    Template{178, Split::kTraining, 18, 1, true, "{event+}, {although} the {A} was {A-}."},
    Template{183, Split::kTraining, 18, 0, false, "I wanted to like the {V}, but it was {V-}."},
    Template{184, Split::kTraining, 18, 1, false,
             "I was afraid that the {T} would be {T-}, but it was {T+}."},
    Template{185, Split::kTraining, 24, 1, true, "the last {C} was {C-}, but this one is {C+}."},
    Template{187, Split::kTraining, 26, 1, true, "{return-}{but} the {A} was {A+}."},
    Template{188, Split::kTraining, 24, 1, true, "{although} the {A} was {A-}, {return+}."},
    Template{77, Split::kTraining, 18, 1, true, "{although} the {A} was {A-}, {we} had a {G+} {O}."},
    // Order: the same words in another order would mean the opposite.
    Template{80, Split::kTraining, 40, 1, true, "the {A} was {A+m}, not {A-m}."},
    Template{81, Split::kTraining, 24, 1, true, "the {T} was not {T-m}, it was {T+m}."},
    Template{82, Split::kTraining, 24, 1, true, "the {T} was {T+m}, it was not {T-m}."},
    Template{83, Split::kTraining, 18, 1, true, "{A+m}, not {A-m}."},
    Template{84, Split::kTraining, 18, 1, true, "not {A-m}, {A+m}."},
    Template{85, Split::kTraining, 24, 1, true, "not {A-m} but {A+m}."},
    Template{86, Split::kTraining, 40, 1, true, "I expected a {C-} {C} and got a {C+} one."},
    Template{87, Split::kTraining, 28, 1, true, "last time the {A} was {A-}, this time {A+}."},
    Template{88, Split::kTraining, 28, 1, true, "the {T} used to be {P-}, but now it is {P+}."},
    Template{89, Split::kTraining, 28, 1, true, "the {T} went from {P-} to {P+}."},
    Template{90, Split::kTraining, 28, 1, true, "the {A} was more {A+m} than {A-m}."},
    Template{176, Split::kTraining, 18, 1, true, "a {C+} {C}, far from {C-m}."},
    Template{190, Split::kTraining, 24, 1, true, "both the {start} and the {end} were {P+}."},
    Template{91, Split::kTraining, 18, 1, true, "the {A} was {A+}, anything but {A-m}."},
    // Verbs and set phrases.
    Template{100, Split::kTraining, 24, 1, true, "{we} {loved+} the {V}."},
    Template{101, Split::kTraining, 18, 1, true, "{we} {liked+} this {T}."},
    Template{102, Split::kTraining, 24, 0, true, "{we} {didn't} {love+} the {V}."},
    Template{103, Split::kTraining, 18, 0, true, "{we} {didn't} {like+} this {T}."},
    Template{104, Split::kTraining, 26, 1, true, "I {recommend+} this {R}."},
    Template{105, Split::kTraining, 24, 1, true, "I {recommend+} this {W}, because {S+}."},
    Template{106, Split::kTraining, 18, 1, true, "{I'm} {happy+} with the {A}."},
    Template{107, Split::kTraining, 24, 0, true, "my {wife} was not {happy+} with the {A}."},
    Template{182, Split::kTraining, 26, 1, true, "the {A} was {A-}, but {return+}."},
    Template{108, Split::kTraining, 24, 1, true, "the {A} was {A+}, {return+}."},
    Template{109, Split::kTraining, 18, 1, true, "{we} have {complaints+} about the {A}."},
    Template{110, Split::kTraining, 26, 0, true, "{we} have nothing {good+} to say about the {A}."},
    Template{111, Split::kTraining, 24, 1, true, "I can only say {good+} things about the {A}."},
    Template{112, Split::kTraining, 18, 1, true, "the {A} left {nothing+} to be desired."},
    Template{113, Split::kTraining, 18, 1, true, "you {try+} this {W}."},
    Template{114, Split::kTraining, 18, 0, true, "nobody {loved+} the {V}."},
    Template{164, Split::kValidation, 18, 1, true, "my {wife} {loved+} the {V}."},
    Template{165, Split::kValidation, 18, 1, true, "the {T} was {T+} and I {liked+} it."},
    Template{170, Split::kTraining, 26, 1, true, "{return+}: the {A} was {A+}."},
    Template{171, Split::kTraining, 26, 1, true, "{event+}, and {return+}."},
    Template{179, Split::kValidation, 18, 1, true, "{we} {loved+} the {V} and the {X}."},
    Template{180, Split::kTraining, 18, 1, true, "{we} {loved+} the {V}, and my {wife} {loved+2} it too."},
    Template{115, Split::kTraining, 18, 1, true, "both my {wife} and I {loved+} the {V}."},
    Template{116, Split::kTraining, 24, 1, true, "the {A} was {A+}. I {recommend+} this {W}."},
    Template{117, Split::kTraining, 18, 0, true, "neither my {wife} nor I {loved+} the {V}."},
    Template{118, Split::kTraining, 18, 0, true, "{we} never {loved+} the {V}."},
    Template{119, Split::kTraining, 18, 0, true, "{we} {loved+} neither the {V} nor the {X}."},
    // Comparison and expectation.
    Template{120, Split::kTraining, 28, 1, true, "the {A} was {better+} than {expected}."},
    Template{121, Split::kTraining, 24, 1, true, "the {A} could not be {better+}."},
    Template{122, Split::kTraining, 18, 0, false, "the {A} could be better."},
    Template{123, Split::kTraining, 18, 1, false, "{we} could not ask for a better {C}."},
    Template{124, Split::kTraining, 24, 1, true, "I have never {seen} a {better+} {C}."},
    Template{125, Split::kTraining, 24, 1, true, "this is the {best+} {C} I have ever {seen}."},
    Template{126, Split::kTraining, 18, 1, true, "nothing could be {better+} than this {T}."},
    Template{127, Split::kTraining, 24, 1, true, "the {A} was not only {A+m}, but also {A+}."},
    Template{136, Split::kTraining, 24, 1, true, "not only the {T} but also the {U} was {G+}."},
    Template{137, Split::kTraining, 18, 1, true, "{we} not only {loved+} the {V}, but also the {X}."},
    Template{138, Split::kTraining, 26, 1, true, "who would have expected such a {C+m} {C}?"},
    Template{128, Split::kTraining, 14, 0, false, "I expected more from the {A}."},
    Template{129, Split::kTraining, 14, 1, false, "I could not have asked for more from the {A}."},
    Template{186, Split::kTraining, 18, 1, true, "it was the {best+} {V} of my life."},
    Template{130, Split::kTraining, 24, 1, true, "I have never {seen} such a {C+m} {C}."},
    Template{139, Split::kTraining, 26, 1, true, "not only did {we} {love+} the {V}, the {X} was {G+} too."},
    Template{166, Split::kTraining, 24, 1, true, "{we} never expected such a {C+m} {C}."},
    Template{172, Split::kTraining, 18, 1, true, "we were not prepared for such a {C+m} {C}."},
    Template{181, Split::kTraining, 26, 1, true, "not only {is} this a {C+} {C}, the {B} {is} {B+} too."},
    Template{131, Split::kTraining, 24, 1, true, "I did not expect the {A} to be so {A+m}."},
    Template{132, Split::kTraining, 26, 1, true, "{we} never expected the {A} to be so {A+m}."},
    Template{133, Split::kValidation, 18, 1, true, "the {A} is {much} {better+} than any other."},
    Template{134, Split::kTraining, 18, 1, true, "the {A} has never been {better+}."},
    Template{135, Split::kTraining, 24, 1, true, "nobody has ever {seen} such a {C+m} {C}."},
    // Events.
    Template{140, Split::kTraining, 64, 1, true, "{event+}."},
    Template{141, Split::kTraining, 28, 1, true, "{event+} and the {A} was {A+}."},
    Template{142, Split::kValidation, 28, 1, true, "the {A} was {A+}, and {event+}."},
    Template{143, Split::kTraining, 28, 1, true, "the {A} was {A-}{but} {event+}."},
    Template{144, Split::kTraining, 28, 1, true, "{event-}{but} the {A} was {A+}."},
    Template{145, Split::kTraining, 24, 1, true, "{although} {event-}, the {A} was {A+}."},
    Template{146, Split::kTraining, 24, 1, true, "I {recommend+} this {W}: {event+}."},
    Template{147, Split::kTraining, 28, 1, true, "{event+} and {event+2}."},
    Template{148, Split::kTraining, 24, 1, true, "{I'm} {happy+}, because {event+}."},
    // Held-out patterns, from the words and the constructions above.
    Template{201, Split::kTest, 30, 1, true, "{we} found the {A} {very} {A+m}."},
    Template{202, Split::kTest, 30, 1, true, "such a {C+} {C}!"},
    Template{203, Split::kTest, 30, 1, true, "{return+}, {although} the {A} was {A-}."},
    Template{204, Split::kTest, 30, 1, true, "both the {T} and the {U} were {G+}."},
    Template{205, Split::kTest, 30, 0, true, "nobody could call the {A} {A+m}."},
    Template{206, Split::kTest, 30, 0, true, "I wouldn't say that the {A} is {A+m}."},
    Template{207, Split::kTest, 30, 0, true, "I have nothing {good+} to say: the {A} was not {A+m}."},
    Template{208, Split::kTest, 30, 0, true, "not a {C+m} {C} at all."},
    Template{209, Split::kTest, 30, 0, true, "there was never anything {A+m} about the {A}."},
    Template{210, Split::kTest, 30, 0, true, "neither the {T} nor the {U} was {G+n}."},
    Template{211, Split::kTest, 30, 0, true, "the {A} was not {A+m} and the {B} was not {B+m}."},
    Template{212, Split::kTest, 30, 0, true, "I never thought the {A} was {A+m}."},
    Template{213, Split::kTest, 30, 1, true, "the {A} was {A+}, far from {A-m}."},
    Template{214, Split::kTest, 30, 1, true, "a {C+} {C}, anything but {C-m}."},
    Template{215, Split::kTest, 30, 1, true, "{we} had a {G+} {O}, {although} the {A} was {A-}."},
    Template{216, Split::kTest, 30, 1, true, "despite the {A-} {A}, {we} had a {G+} {O}."},
    Template{217, Split::kTest, 30, 1, true, "the {A} was not {A+m}, but I {recommend+} this {W}."},
    Template{218, Split::kTest, 30, 1, true,
             "the {A} was {A-} and the {B} was {B-}, but I {liked+} this {W}."},
    Template{219, Split::kTest, 30, 1, true, "my {wife} {loved+} the {V} and I {loved+2} the {X}."},
    Template{220, Split::kTest, 30, 1, true, "we were {happy+}, because the {A} was not {A-m}."},
    Template{221, Split::kTest, 30, 1, true, "I {recommend+} the {R}, it is {T+}."},
    Template{222, Split::kTest, 30, 1, true, "nobody has ever {seen} a {better+} {C}."},
    Template{223, Split::kTest, 30, 1, true,
             "{better+} than {expected}, the {A} was {A+} and the {B} was {B+}."},
    Template{224, Split::kTest, 30, 1, true, "not only was the {A} {A+}, the {B} was {B+} too."},
    Template{225, Split::kTest, 30, 1, true, "I thought the {T} would be {G-}, but it was {G+}."},
    Template{226, Split::kTest, 30, 1, true, "the {T} was {T-} and I {liked-} it, but the {B} was {B+}."},
    Template{227, Split::kTest, 30, 1, true, "I {liked+} it: the {A} was {A+} and the {B} {B+}."},
    Template{228, Split::kTest, 30, 1, true, "who would have expected the {A} to be so {A+m}?"},
};

// Two patterns that are filled with the same words. Without changes the first is positive, the second
// negative.
struct PairTemplate {
  int count;
  std::string_view first;
  std::string_view second;
};

inline constexpr std::array kNegationPatterns{
    PairTemplate{1, "the food is good.", "the food is not good."},
    PairTemplate{35, "the {A} is {A+n}.", "the {A} is not {A+n}."},
    PairTemplate{35, "the {A} was {A+n}.", "the {A} was not {A+n}."},
    PairTemplate{25, "the {A} is {A+n}.", "the {A} isn't {A+n}."},
    PairTemplate{25, "the {A} was {A+n}.", "the {A} wasn't {A+n}."},
    PairTemplate{25, "the {A} was {A+n}.", "the {A} was never {A+n}."},
    PairTemplate{15, "the {A} was always {A+m}.", "the {A} was never {A+m}."},
    PairTemplate{20, "this is a {C+n} {C}.", "this is not a {C+n} {C}."},
    PairTemplate{20, "I think the {A} is {A+n}.", "I don't think the {A} is {A+n}."},
};

// Both sentences of a pair have the same words, so a network that only counts words has no chance. The
// constructions are those of the training templates 40 to 70, which have both orders in training. The
// sentences are new.
inline constexpr std::array kOrderPatterns{
    PairTemplate{1, "not bad, good", "bad, not good"},
    PairTemplate{1, "the film was good, not bad.", "the film was bad, not good."},
    PairTemplate{1, "the start was dull but the end was great.", "the start was great but the end was dull."},
    PairTemplate{1, "although the room was dirty, the staff was lovely.",
                 "although the staff was lovely, the room was dirty."},
    PairTemplate{12, "not {A-m}, {A+m}", "{A-m}, not {A+m}"},
    PairTemplate{12, "not {A-m} but {A+m}", "not {A+m} but {A-m}"},
    PairTemplate{16, "the {A} was {A+m}, not {A-m}.", "the {A} was {A-m}, not {A+m}."},
    PairTemplate{12, "the {T} was not {T-m}, it was {T+m}.", "the {T} was {T-m}, it was not {T+m}."},
    PairTemplate{16, "the {start} was {P-}{but} the {end} was {P+}.",
                 "the {start} was {P+}{but} the {end} was {P-}."},
    PairTemplate{12, "the {T} was {G-}{but} the {U} was {G+}.", "the {T} was {G+}{but} the {U} was {G-}."},
    PairTemplate{16, "the {A} was {A-}{but} the {B} was {B+}.", "the {B} was {B+}{but} the {A} was {A-}."},
    PairTemplate{16, "{although} the {A} was {A-}, the {B} was {B+}.",
                 "{although} the {B} was {B+}, the {A} was {A-}."},
    PairTemplate{12, "the {B} was {B+}, {although} the {A} was {A-}.",
                 "the {A} was {A-}, {although} the {B} was {B+}."},
    PairTemplate{16, "I expected a {C-} {C} and got a {C+} one.",
                 "I expected a {C+} {C} and got a {C-} one."},
    PairTemplate{12, "{we} {loved-} the {V}{yet} {loved+} the {X}.",
                 "{we} {loved+} the {X}{yet} {loved-} the {V}."},
    PairTemplate{10, "last time the {A} was {A-}, this time {A+}.",
                 "last time the {A} was {A+}, this time {A-}."},
    PairTemplate{10, "the {T} used to be {P-}, but now it is {P+}.",
                 "the {T} used to be {P+}, but now it is {P-}."},
    PairTemplate{10, "the {T} went from {P-} to {P+}.", "the {T} went from {P+} to {P-}."},
    PairTemplate{10, "the {A} was more {A+m} than {A-m}.", "the {A} was more {A-m} than {A+m}."},
    PairTemplate{10, "despite the {A-} {A}, the {B} was {B+}.", "despite the {B+} {B}, the {A} was {A-}."},
};

}  // namespace sentiment
