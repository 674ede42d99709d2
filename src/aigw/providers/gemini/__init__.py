"""Google's generateContent, in the Gemini API and in Vertex AI."""
